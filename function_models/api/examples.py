"""Examples of function models for the description of the API."""

from drf_spectacular.utils import OpenApiExample

STAGE = {
    "id": "triage",
    "type": "stageNode",
    "position": {"x": 240, "y": 40},
    "data": {"name": "Triage", "stage_goals": ["Know the severity"]},
}
CANVAS = {
    "nodes": [
        {
            "id": "report",
            "type": "ioNode",
            "position": {"x": 0, "y": 40},
            "data": {"name": "Report", "boundary_type": "input"},
        },
        STAGE,
        {
            "id": "read",
            "type": "kbNode",
            "parentId": "triage",
            "position": {"x": 20, "y": 60},
            "data": {
                "name": "Read the runbook",
                "kb_reference_id": "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3",
                "short_description": "What to look at first.",
            },
        },
    ],
    "edges": [{"id": "e1", "source": "report", "target": "triage"}],
    "viewport": {"x": 0, "y": 0, "zoom": 1},
}

FUNCTION_MODELS = {
    "create": [
        OpenApiExample(
            "an empty draft",
            {
                "name": "Handle an incident",
                "description": "From the first report to the lessons learned.",
                "process_type": "operations",
                "complexity_level": "moderate",
                "estimated_duration": 7200,
                "tags": ["incident"],
            },
            request_only=True,
        )
    ],
    "partial_update": [
        OpenApiExample("other tags", {"tags": ["incident", "on-call"]}, request_only=True)
    ],
    "put_canvas": [OpenApiExample("three nodes", CANVAS, request_only=True)],
    "add_node": [OpenApiExample("a stage", STAGE, request_only=True)],
    "change_node": [
        OpenApiExample(
            "a new name, and no condition any more",
            {"data": {"name": "Assess", "condition": None}},
            request_only=True,
        )
    ],
    "add_edge": [
        OpenApiExample(
            "triage depends on the report",
            {"id": "e1", "source": "report", "target": "triage"},
            request_only=True,
        )
    ],
    "publish": [
        OpenApiExample(
            "under the draft's own number",
            {"notes": "Reviewed with the operations team."},
            request_only=True,
        )
    ],
    "open_version": [OpenApiExample("a minor step", {"bump": "minor"}, request_only=True)],
    "validate": [OpenApiExample("one category", {"level": "structural"}, request_only=True)],
    "archive": [
        OpenApiExample(
            "unless it is risky",
            {"reason": "Replaced.", "enforce_risk_assessment": True, "cleanup_links": True},
            request_only=True,
        )
    ],
    "restore": [
        OpenApiExample("under another name", {"name": "Handle it again"}, request_only=True)
    ],
    "duplicate": [OpenApiExample("a copy", {"name": "Handle an outage"}, request_only=True)],
}
