"""Examples of spindles for the description of the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

STEPS = [
    {"id": "pause", "kind": "delay", "params": {"seconds": 5}},
    {
        "id": "urgent",
        "kind": "condition",
        "depends_on": ["pause"],
        "params": {
            "branches": [{"name": "yes", "when": "inputs.severity == 'major'"}],
            "default": "no",
        },
    },
    {
        "id": "summary",
        "kind": "transform",
        "depends_on": ["urgent:yes"],
        "params": {"value": {"severity": "${{ inputs.severity }}"}},
        "timeout": "5m",
        "retry": {"max_attempts": 2},
    },
]
CANVAS: dict[str, Any] = {
    "nodes": [
        {
            "id": "pause",
            "type": "actionNode",
            "position": {"x": 0, "y": 0},
            "data": {"name": "Wait a moment", "kind": "delay", "params": {"seconds": 5}},
        },
        {
            "id": "done",
            "type": "actionNode",
            "position": {"x": 260, "y": 0},
            "data": {"name": "Done", "kind": "noop"},
        },
    ],
    "edges": [{"id": "e1", "source": "pause", "target": "done"}],
    "viewport": {"x": 0, "y": 0, "zoom": 1},
}

SPINDLES = {
    "create": [
        OpenApiExample(
            "steps, and what goes in and comes out",
            {
                "name": "Report an incident",
                "slug": "report-incident",
                "inputs": [
                    {"name": "severity", "type": "enum", "values": ["minor", "major"]},
                ],
                "outputs": [{"name": "report", "value": "${{ steps.summary.output }}"}],
                "steps": STEPS,
                "max_concurrency": 2,
                "tags": ["incident"],
            },
            request_only=True,
        )
    ],
    "partial_update": [
        OpenApiExample("other tags", {"tags": ["incident", "on-call"]}, request_only=True)
    ],
    "put_canvas": [OpenApiExample("two steps", CANVAS, request_only=True)],
    "put_steps": [OpenApiExample("a branch", {"steps": STEPS}, request_only=True)],
    "add_node": [
        OpenApiExample(
            "a step",
            {**CANVAS["nodes"][1], "id": "notify", "data": {"kind": "noop"}},
            request_only=True,
        )
    ],
    "change_node": [
        OpenApiExample("another wait", {"data": {"params": {"seconds": 30}}}, request_only=True)
    ],
    "add_edge": [
        OpenApiExample("after it", {"source": "done", "target": "notify"}, request_only=True)
    ],
    "publish": [
        OpenApiExample("the draft's own number", {"notes": "First version."}, request_only=True)
    ],
    "open_version": [OpenApiExample("a minor one", {"bump": "minor"}, request_only=True)],
    "deprecate": [
        OpenApiExample("why", {"reason": "Replaced by the new report."}, request_only=True)
    ],
    "archive": [OpenApiExample("why", {"reason": "Not used any more."}, request_only=True)],
}
