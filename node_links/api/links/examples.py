"""Examples of links for the description of the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ID = "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"
_SOP = "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4"
_OTHER = "01a1fd92-4b1e-7a07-9b8e-6c02d4e77b19"
_SENT: dict[str, Any] = {
    "source_feature": "knowledge-base",
    "source_entity_id": _SOP,
    "target_feature": "knowledge-base",
    "target_entity_id": _OTHER,
    "link_type": "supports",
    "base_strength": 0.4,
}
_SHOWN: dict[str, Any] = {
    "id": _ID,
    **_SENT,
    "source_node_id": None,
    "target_node_id": None,
    "source": {
        "feature": "knowledge-base",
        "entity_id": _SOP,
        "node_id": None,
        "node_type": "sop",
        "name": "Restart the mail server",
    },
    "target": {
        "feature": "knowledge-base",
        "entity_id": _OTHER,
        "node_id": None,
        "node_type": "sop",
        "name": "On-call handover",
    },
    "link_strength": 0.4,
    "strength_class": "moderate",
    "origin": "manual",
    "version_pin": "latest",
    "link_context": {},
    "visual_properties": {},
    "color": "#8B5CF6",
    "icon": "shield",
    "is_bidirectional": False,
    "created_by": "01a1fd92-3f5c-7c11-8d40-1f8a7be0c2d5",
    "revision": 1,
    "created_at": "2026-11-21T16:00:00Z",
    "updated_at": "2026-11-21T16:00:00Z",
}
_REFUSED: dict[str, Any] = {
    "type": "urn:nodeloom:problem:not_found",
    "title": "Not found",
    "status": 404,
    "detail": "Not found.",
    "code": "not_found",
    "errors": [],
    "request_id": "0192f3c1",
}

LINKS = {
    "retrieve": [OpenApiExample("a link", _SHOWN, response_only=True)],
    "create": [
        OpenApiExample("one procedure supports another", _SENT, request_only=True),
        OpenApiExample(
            "the eleventh link of its source",
            {**_SHOWN, "warnings": ["many_connections"]},
            response_only=True,
            status_codes=["201"],
        ),
    ],
    "partial_update": [OpenApiExample("stronger", {"base_strength": 0.8}, request_only=True)],
    "bulk": [
        OpenApiExample(
            "one of each",
            {
                "batch_id": "import-2026-11-21",
                "operations": [
                    {"action": "create", "link": _SENT},
                    {"action": "update", "id": _ID, "revision": 1, "link": {"base_strength": 0.8}},
                    {"action": "delete", "id": _OTHER},
                ],
            },
            request_only=True,
        ),
        OpenApiExample(
            "one made, one unknown",
            {
                "succeeded": 1,
                "failed": 1,
                "results": [
                    {"index": 0, "status": 201, "link": {**_SHOWN, "warnings": []}},
                    {"index": 1, "status": 404, "problem": _REFUSED},
                ],
            },
            response_only=True,
        ),
    ],
}

_TYPE: dict[str, Any] = {
    "type_name": "replaces",
    "description": "A newer procedure replaces an older one",
    "color": "#0EA5E9",
    "icon": "replace",
    "is_bidirectional": False,
    "change_travels": "target_to_source",
    "allowed_pairs": [["knowledge-base", "knowledge-base"]],
}

LINK_TYPES = {
    "create": [OpenApiExample("for procedures only", _TYPE, request_only=True)],
    "partial_update": [OpenApiExample("another colour", {"color": "#F97316"}, request_only=True)],
    "retrieve": [
        OpenApiExample(
            "a type of the organisation's own",
            {
                "id": _ID,
                **_TYPE,
                "is_platform": False,
                "revision": 1,
                "created_at": "2026-11-21T16:00:00Z",
            },
            response_only=True,
        )
    ],
}
