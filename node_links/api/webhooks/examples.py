"""Examples of webhooks for the description of the API."""

from drf_spectacular.utils import OpenApiExample

WEBHOOKS = {
    "create": [
        OpenApiExample(
            "everything that happens to procedures",
            {
                "url": "https://hooks.example.com/nodeloom",
                "types": ["Sop*"],
                "filter": {"feature_type": "knowledge-base"},
                "description": "Keeps the intranet up to date",
            },
            request_only=True,
        )
    ],
    "partial_update": [
        OpenApiExample(
            "fewer events", {"types": ["SopPublished", "SopArchived"]}, request_only=True
        )
    ],
}
