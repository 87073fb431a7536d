"""Examples of events for the description of the API."""

from drf_spectacular.utils import OpenApiExample

_PUMP = {
    "event_type": "PumpInspected",
    "data": {"pump": "P-17", "pressure": 4.2},
    "dedup_key": "inspection-2026-11-21",
}
EVENTS = {
    "create": [
        OpenApiExample("an event of the organisation itself", _PUMP, request_only=True),
        OpenApiExample(
            "an event of an SOP, safe to repeat",
            {
                "event_type": "PumpInspected",
                "schema_version": 1,
                "feature_type": "knowledge-base",
                "entity_id": "01930d2c-5a4e-7c3b-9f10-6a4b8c2d1e0f",
                "event_id": "01930d2c-5a4f-7e21-8c44-1b2a3c4d5e6f",
                "data": {"pump": "P-17", "pressure": 4.2},
            },
            request_only=True,
        ),
    ],
    "batch": [OpenApiExample("a batch of one", {"events": [_PUMP]}, request_only=True)],
}
EVENT_TYPES = {
    "create": [
        OpenApiExample(
            "an inspection",
            {
                "name": "PumpInspected",
                "schema": {
                    "type": "object",
                    "required": ["pump"],
                    "properties": {
                        "pump": {"type": "string"},
                        "pressure": {"type": "number", "minimum": 0},
                    },
                    "additionalProperties": False,
                },
            },
            request_only=True,
        )
    ]
}
