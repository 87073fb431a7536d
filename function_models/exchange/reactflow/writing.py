"""Writing React Flow JSON."""

from typing import Any

import orjson

from function_models.exchange.record import ModelRecord

Part = dict[str, Any]


class ReactFlowExporter:
    """The drawing as it stands, with our types of nodes."""

    name = "reactflow"
    suffix = ".json"
    media_type = "application/json"

    def write(self, record: ModelRecord) -> bytes:
        """Return the file; it imports as the same drawing."""
        return _json(record.document)


class OriginalExporter:
    """The drawing for the tool it came from: what was imported has its types and data again.

    Nodes and edges that were drawn since go out as they are, and notes and other things that stood
    aside come back. A name or place that was changed since shows in `reactflow`, not here.
    """

    name = "reactflow-original"
    suffix = ".json"
    media_type = "application/json"

    def write(self, record: ModelRecord) -> bytes:
        """Return the file."""
        return _json(original_of(record.document))


def original_of(document: Part) -> Part:
    """Return the document as it was before it was imported; order does not count."""
    original = dict(document)
    aside = original.pop("foreign", None)
    aside = aside if isinstance(aside, dict) else {}
    nodes = [_node(node) for node in document["nodes"]]
    edges = [_edge(edge) for edge in document["edges"]]
    original["nodes"] = [*nodes, *(kept["node"] for kept in aside.get("nodes", []))]
    original["edges"] = [*edges, *(kept["edge"] for kept in aside.get("edges", []))]
    if "viewport" in aside:
        original["viewport"] = aside["viewport"]
    return original


def _node(node: Part) -> Part:
    kept = node["data"].get("foreign")
    if not isinstance(kept, dict):
        return node
    rest = {key: value for key, value in node.items() if key not in ("type", "data")}
    if "parentNode" in kept:
        rest.pop("parentId", None)
    return {**rest, **kept}


def _edge(edge: Part) -> Part:
    kept = edge.get("foreign")
    if not isinstance(kept, dict):
        return edge
    whole = {**edge, **kept}
    del whole["foreign"]
    return {key: value for key, value in whole.items() if key != "id" or value is not None}


def _json(document: Part) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
