"""Examples of nodes for the description of the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_SOP = "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"
_MODEL = "01a1fd92-4485-7125-9c15-0fe4a3fc5aa0"
_POINT: dict[str, Any] = {
    "feature": "knowledge-base",
    "entity_id": _SOP,
    "node_id": None,
    "node_type": "sop",
    "name": "Restart the mail server",
}
_LISTED: dict[str, Any] = {
    **_POINT,
    "id": "01a1fd92-4485-7125-9c15-0fe4a3fc4f00",
    "status": "published",
    "version": "1.0.0",
    "published_version": "1.0.0",
    "revision": 4,
    "position": {"x": 120, "y": -40},
    "summary": "How to restart the mail server without losing mail.",
    "search_keywords": ["mail", "restart", "postfix"],
    "searchable": True,
    "visual_properties": {"color": "#F59E0B"},
    "metadata": {"category": "IT Operations", "content_type": "procedure"},
    "ai_agent_config": {"name": "Mail helper", "instructions": "Answer from this procedure."},
    "embedding_model": "wordllama-l2-supercat-256",
    "dimensions": 256,
    "vector_given": False,
    "created_at": "2026-11-20T09:00:00Z",
    "updated_at": "2026-11-21T10:30:00Z",
}
_NODE = {**_LISTED, "links_out": 1, "links_in": 3}


def _answer(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True)


def _body(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


NODES = {
    "retrieve": [_answer("an SOP", _NODE)],
    "create": [
        _body(
            "an SOP",
            {
                "feature": "knowledge-base",
                "name": "Restart the mail server",
                "position": {"x": 120, "y": -40},
                "visual_properties": {"color": "#F59E0B"},
                "data": {"content": "# Restart\n\nStop it, start it.", "tags": ["mail"]},
            },
        )
    ],
    "partial_update": [
        _body(
            "name, colour and an agent",
            {
                "name": "Restart the mail server",
                "visual_properties": {"color": "#F59E0B"},
                "search_keywords": ["postfix"],
                "ai_agent_config": {
                    "name": "Mail helper",
                    "instructions": "Answer from this procedure.",
                },
            },
        )
    ],
}
SEARCH = {
    "get": [
        _answer(
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
                "facets": {"feature": {"knowledge-base": 1}, "node_type": {"sop": 1}},
                "results": [
                    {
                        **_POINT,
                        "status": "published",
                        "version": "1.0.0",
                        "published_version": "1.0.0",
                        "summary": "How to restart the mail server without losing mail.",
                        "score": 0.0328,
                        "text_rank": 1,
                        "semantic_rank": 1,
                        "passage": "Stop the <mark>mail</mark> <mark>server</mark>, start it.",
                        "heading": "Steps",
                        "anchor": "steps",
                    }
                ],
            },
        )
    ]
}
BATCH = {
    "post": [
        _body(
            "one SOP",
            {
                "nodes": [
                    {
                        "feature": "knowledge-base",
                        "name": "Restart the mail server",
                        "data": {"content": "# Restart\n\nStop it, start it."},
                    }
                ]
            },
        ),
        _answer("created", {"count": 1, "results": [{"index": 0, "status": 201, "node": _LISTED}]}),
    ],
    "patch": [
        _body(
            "a colour, if nobody was faster",
            {
                "nodes": [
                    {
                        "feature": "knowledge-base",
                        "entity_id": _SOP,
                        "revision": 4,
                        "visual_properties": {"color": "#F59E0B"},
                    }
                ]
            },
        ),
        _answer("changed", {"count": 1, "results": [{"index": 0, "status": 200, "node": _LISTED}]}),
    ],
    "delete": [
        _body(
            "a node inside a model",
            {
                "nodes": [
                    {
                        "feature": "function-model",
                        "entity_id": _MODEL,
                        "node_id": "read-procedure",
                    }
                ]
            },
        ),
        _answer("deleted", {"count": 1, "results": [{"index": 0, "status": 204}]}),
    ],
}
