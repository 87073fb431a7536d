"""Examples of the knowledge base for the description of the API."""

from drf_spectacular.utils import OpenApiExample

SOPS = {
    "create": [
        OpenApiExample(
            "a short procedure",
            {
                "title": "Restart the mail server",
                "content": "# Restart\n\nRead [[Mail architecture]].\n\n## Steps\n\n1. Stop.",
                "category": "IT Operations",
                "tags": ["mail", "linux"],
            },
            request_only=True,
        )
    ],
    "partial_update": [
        OpenApiExample(
            "a change that opens a major version",
            {"content": "# Restart\n\nThe mail server restarts itself now.", "bump": "major"},
            request_only=True,
        )
    ],
    "publish": [
        OpenApiExample(
            "publish under the draft's own number",
            {"notes": "Reviewed with the operations team."},
            request_only=True,
        )
    ],
    "open_version": [OpenApiExample("a minor step", {"bump": "minor"}, request_only=True)],
    "archive": [
        OpenApiExample("why", {"reason": "Replaced.", "cleanup_links": True}, request_only=True)
    ],
    "toc": [
        OpenApiExample(
            "two headings",
            [
                {"level": 1, "title": "Restart", "anchor": "restart"},
                {"level": 2, "title": "Steps", "anchor": "steps"},
            ],
            response_only=True,
        )
    ],
    "search": [
        OpenApiExample(
            "one hit",
            {
                "count": 1,
                "total_pages": 1,
                "page": 1,
                "page_size": 20,
                "next": None,
                "previous": None,
                "mode": "hybrid",
                "degraded": False,
                "facets": {
                    "category": {"IT Operations": 1},
                    "status": {"published": 1},
                    "content_type": {"procedure": 1},
                    "tags": {"mail": 1, "linux": 1},
                },
                "results": [
                    {
                        "id": "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3",
                        "title": "Restart the mail server",
                        "summary": "How to restart the mail server without losing mail.",
                        "category": "IT Operations",
                        "tags": ["mail", "linux"],
                        "status": "published",
                        "version": "1.0.0",
                        "published_version": "1.0.0",
                        "score": 0.0328,
                        "text_rank": 1,
                        "semantic_rank": 1,
                        "passage": "Stop the <mark>mail</mark> <mark>server</mark>, then start it.",
                        "heading": "Steps",
                        "anchor": "steps",
                    }
                ],
            },
            response_only=True,
        )
    ],
    "import_": [
        OpenApiExample(
            "two files, one of them new",
            {
                "dry_run": False,
                "files": 2,
                "ignored": 1,
                "created": 1,
                "updated": 0,
                "unchanged": 1,
                "references": 3,
                "dangling": 1,
                "items": [
                    {
                        "path": "operations/mail.md",
                        "action": "created",
                        "id": "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3",
                        "title": "Restart the mail server",
                    }
                ],
            },
            response_only=True,
        )
    ],
}
