"""Pieces of drawings for tests."""

from typing import Any

from function_models.canvas.document import Canvas, parse_canvas


def container(node_id: str, kind: str = "stageNode", **data: Any) -> dict[str, Any]:
    """Return a container at the origin, named by its id."""
    position = {"x": 0, "y": 0}
    return {"id": node_id, "type": kind, "position": position, "data": {"name": node_id, **data}}


def tether(node_id: str, parent: str, **data: Any) -> dict[str, Any]:
    """Return an action that runs a spindle."""
    data = {"tether_reference_id": "t", **data}
    return {**container(node_id, "tetherNode", **data), "parentId": parent}


def knowledge(node_id: str, parent: str, **data: Any) -> dict[str, Any]:
    """Return an action that uses an SOP."""
    data = {"kb_reference_id": "k", "short_description": "Read it.", **data}
    return {**container(node_id, "kbNode", **data), "parentId": parent}


def nested(node_id: str, parent: str, **data: Any) -> dict[str, Any]:
    """Return an action that runs a model."""
    data = {"nested_model_id": "m", **data}
    return {**container(node_id, "functionModelContainer", **data), "parentId": parent}


def edges(*pairs: str) -> list[dict[str, Any]]:
    """Return edges written as `a>b`."""
    ends = [pair.split(">") for pair in pairs]
    return [{"id": f"{s}>{t}", "source": s, "target": t} for s, t in ends]


def drawing(*nodes: dict[str, Any], arrows: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a document of these nodes, with arrows written as `a>b`."""
    return {"nodes": list(nodes), "edges": edges(*arrows)}


def drawn(*nodes: dict[str, Any], arrows: tuple[str, ...] = ()) -> Canvas:
    """Return a drawing of these nodes, with arrows written as `a>b`."""
    return parse_canvas(drawing(*nodes, arrows=arrows))
