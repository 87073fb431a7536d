"""Examples of answers about the graph for the description of the API."""

from drf_spectacular.utils import OpenApiExample

_SOP = {
    "feature": "knowledge-base",
    "entity_id": "01930d2c-5a4e-7c3b-9f10-6a4b8c2d1e0f",
    "node_id": None,
    "node_type": "sop",
    "name": "Restart the mail server",
}
_MODEL = {
    "feature": "function-model",
    "entity_id": "01930d2c-5a4f-7e21-8c44-1b2a3c4d5e6f",
    "node_id": None,
    "node_type": "function-model",
    "name": "Handle an incident",
}
_STEP = {**_MODEL, "node_id": "restart", "node_type": "kbNode", "name": "Restart what hangs"}
_LINK = {
    "id": "01930d2c-5a50-7000-8000-000000000001",
    "source": _STEP,
    "target": _SOP,
    "link_type": "documents",
    "link_strength": 0.8,
    "origin": "derived",
    "version_pin": "published",
    "color": "#F59E0B",
}
_HOP = {
    **_STEP,
    "link_id": _LINK["id"],
    "link_type": _LINK["link_type"],
    "link_strength": _LINK["link_strength"],
}
_NOTHING_USED = {"count": 0, "latest": []}
_NEAR = [{**_SOP, "distance": 0}, {**_MODEL, "distance": 1}]


def _answer(name: str, value: object) -> list[OpenApiExample]:
    return [OpenApiExample(name, value, response_only=True, status_codes=["200"])]


GRAPH = {
    "neighbours": _answer(
        "a procedure and the model that uses it",
        {
            "node": _SOP,
            "neighbours": [{"direction": "in", "node": _MODEL, "link": _LINK}],
            "truncated": False,
        },
    ),
    "connected": _answer(
        "one model near a procedure",
        {
            "node": _SOP,
            "nodes": _NEAR[1:],
            "total": 1,
            "by_feature": {"function-model": 1},
            "truncated": False,
        },
    ),
    "subgraph": _answer(
        "a procedure and what surrounds it",
        {"nodes": _NEAR, "links": [_LINK], "truncated": False},
    ),
    "path": _answer(
        "one link",
        {
            "source": _SOP,
            "target": _MODEL,
            "nodes": _NEAR,
            "links": [_LINK],
            "length": 1,
            "truncated": False,
        },
    ),
    "impact": _answer(
        "deleting a procedure that a model uses",
        {
            "node": _SOP,
            "operation": "delete",
            "affected_links": [{"link_id": _LINK["id"], "effect": "broken", "link": _LINK}],
            "broken": 1,
            "weakened": 0,
            "integrity_score": 0.7,
            "affected": [
                {**_STEP, "distance": 1, "path": [_HOP], "score": 0.8, "severity": "high"}
            ],
            "total": 1,
            "by_feature": {"function-model": 1},
            "owners": [],
            "agents": [],
            "running_executions": [],
            "executions": _NOTHING_USED,
            "answers": _NOTHING_USED,
            "recommendations": ["repair_links", "recheck_cycles", "notify_owners"],
            "truncated": False,
        },
    ),
    "cycles": _answer(
        "two that refer to each other",
        {
            "cycles": [
                {
                    "nodes": [
                        f"function-model:{_MODEL['entity_id']}",
                        f"knowledge-base:{_SOP['entity_id']}",
                    ],
                    "entities": [_MODEL, _SOP],
                    "length": 2,
                    "link_types": [["documents"], ["references"]],
                    "contains_triggers": False,
                    "critical": False,
                }
            ],
            "total_cycles": 1,
            "longest": 2,
            "average_length": 2.0,
            "warnings": [],
            "truncated": False,
        },
    ),
    "metrics": _answer(
        "one link",
        {
            "total_links": 1,
            "entities": 2,
            "orphans": 0,
            "average_strength": 0.8,
            "strongest": None,
            "weakest": None,
            "connectivity": {"function-model": 1, "knowledge-base": 1},
            "density": 0.5,
            "by_type": {"documents": 1},
            "by_origin": {"derived": 1},
        },
    ),
}
