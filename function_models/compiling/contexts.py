"""What a drawing tells of contexts, as the plan keeps it."""

from collections.abc import Mapping
from typing import Any

from function_models.canvas.document import Canvas
from function_models.context_access.hierarchy import ROOT


def contexts_of(canvas: Canvas, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return {node: {data, scope, window}} of the nodes that say something; `root` is what the
    model itself tells.
    """
    found: dict[str, Any] = {ROOT: {"data": dict(root)}} if root else {}
    for node in canvas.nodes:
        data = node.data
        if data.context or data.context_scope != "execution" or data.context_window is not None:
            window = data.context_window
            found[node.id] = {
                "data": data.context,
                "scope": data.context_scope,
                "window": window.model_dump() if window is not None else None,
            }
    return found
