"""The drawing inside a version's content."""

from collections.abc import Mapping
from typing import Any

from function_models.canvas.document import Canvas, parse_canvas


def read_content(content: Mapping[str, Any], *, model_id: str = "") -> Canvas:
    """Return the drawing of a content as versions keep it (`FunctionModel.snapshot_fields`)."""
    nodes = content["nodes_data"]
    document = {
        **content.get("document_data", {}),
        "nodes": nodes,
        "edges": content["edges_data"],
        "viewport": content["viewport_data"],
    }
    statuses = {node["id"]: node["data"]["status"] for node in nodes}
    return parse_canvas(document, model_id=model_id, statuses=statuses)
