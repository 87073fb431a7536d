"""A process as somebody would draw it: answering a security incident."""

from typing import Any

from tests.function_models.drawings import edges

_RESPONSIBLE = {"responsible": ["Incident lead"], "accountable": ["Head of security"]}


def _at(x: float, y: float, node_id: str, kind: str, name: str, **data: Any) -> dict[str, Any]:
    position = {"x": x, "y": y}
    return {"id": node_id, "type": kind, "position": position, "data": {"name": name, **data}}


def _inside(parent: str, row: int, node_id: str, kind: str, name: str, **data: Any) -> Any:
    needed = {
        "tetherNode": {"tether_reference_id": f"spindle-{node_id}"},
        "kbNode": {"kb_reference_id": f"sop-{node_id}", "short_description": name},
        "functionModelContainer": {"nested_model_id": f"model-{node_id}"},
    }[kind]
    node = _at(20, 70 + 64 * row, node_id, kind, name, **needed, **data)
    return {**node, "parentId": parent}


def incident() -> dict[str, Any]:
    """Return the drawing, nodes at the places where they were put."""
    return {"nodes": [*_detection(), *_response(), *_closing()], "edges": _edges()}


def _detection() -> list[dict[str, Any]]:
    return [
        _at(0, 140, "report", "ioNode", "Incident report", boundary_type="input",
            description="A report from a person or from monitoring."),
        _at(320, 80, "triage", "stageNode", "Triage", priority=8, status="active"),
        _inside("triage", 0, "read", "kbNode", "How to classify a security incident"),
        _inside("triage", 1, "enrich", "tetherNode", "Collect logs and owners of the hosts named",
                raci={"responsible": ["Monitoring"], "informed": ["Service desk"]}),
        _inside("triage", 2, "classify", "tetherNode", "Set severity and class", priority=9,
                critical=True, raci=_RESPONSIBLE),
        _at(660, 120, "severe", "stageNode", "Severe?", stage_type="gateway",
            execution_type="conditional", condition="severity >= 3"),
    ]  # fmt: skip


def _response() -> list[dict[str, Any]]:
    return [
        _at(1000, 0, "contain", "stageNode", "Contain", execution_type="parallel", priority=9),
        _inside("contain", 0, "isolate", "tetherNode", "Isolate the hosts in the network",
                critical=True, raci=_RESPONSIBLE),
        _inside("contain", 1, "revoke", "tetherNode", "Revoke sessions and keys"),
        _inside("contain", 2, "keep", "kbNode", "Keep evidence: what to copy, and how to seal it",
                raci={"responsible": ["Forensics"], "consulted": ["Legal", "Privacy officer"]}),
        _at(1000, 340, "inform", "stageNode", "Inform those affected"),
        _inside("inform", 0, "notify", "functionModelContainer", "Notify customers",
                raci={"responsible": ["Communications"], "accountable": ["Head of security"]}),
        _at(1340, 120, "restore", "stageNode", "Restore the service"),
        _inside("restore", 0, "rebuild", "functionModelContainer", "Rebuild a server"),
        _inside("restore", 1, "watch", "tetherNode", "Watch for the same signs for 48 hours"),
    ]  # fmt: skip


def _closing() -> list[dict[str, Any]]:
    return [
        _at(1340, 400, "agreed", "stageNode", "Closure agreed", stage_type="checkpoint"),
        _at(1680, 120, "closed", "stageNode", "Incident closed", stage_type="milestone"),
        _inside("closed", 0, "review", "kbNode", "Template of the review after an incident"),
        _at(1680, 340, "register", "ioNode", "Register of incidents", boundary_type="output"),
    ]


def _edges() -> list[dict[str, Any]]:
    drawn = edges("report>triage", "triage>severe", "severe>contain", "severe>inform",
                  "contain>restore", "inform>agreed", "restore>closed", "agreed>closed",
                  "closed>register")  # fmt: skip
    drawn[2]["label"] = "severity 3 and above"
    return drawn


STATUSES = {"triage": "active", "read": "active", "enrich": "active", "classify": "error",
            "report": "configured", "severe": "active", "watch": "inactive"}  # fmt: skip
