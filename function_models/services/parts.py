"""Editing one node or one edge of a drawing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import Conflict
from function_models.canvas.document import KINDS
from function_models.models import FunctionModel
from function_models.services.drawing import Edit, edit_canvas
from node_links.canvas import editing

Part = dict[str, Any]


def add_node(*, actor: Actor, pk: UUID, node: Any, **options: Any) -> tuple[FunctionModel, str]:
    """Draw a node; return the model and the node's id. Options and refusals as `edit_canvas`."""
    return editing.add_member(_saving(actor, pk, options), "nodes", node)


def add_edge(*, actor: Actor, pk: UUID, edge: Any, **options: Any) -> tuple[FunctionModel, str]:
    """Draw an edge; return the model and the edge's id. Options and refusals as `edit_canvas`."""
    return editing.add_member(_saving(actor, pk, options), "edges", edge)


def update_node(
    *, actor: Actor, pk: UUID, node_id: str, changes: Any, **options: Any
) -> FunctionModel:
    """Merge `changes` into a node: given keys of `data` replace, null removes an optional one.

    A `status` among them moves the node's design along. Options and refusals as `edit_canvas`.
    """

    def edit(node: Part) -> Part:
        changed, data = editing.laid_over(node, changes)
        return {**changed, "data": _merged(node, data)}

    data = changes.get("data") if isinstance(changes, dict) else None
    if isinstance(data, dict) and "status" in data:
        options["moved"] = {node_id: data["status"]}
    return editing.change_member(_saving(actor, pk, options), "nodes", node_id, edit)


def update_edge(
    *, actor: Actor, pk: UUID, edge_id: str, changes: Any, **options: Any
) -> FunctionModel:
    """Replace the given keys of an edge. Options and refusals as `edit_canvas`."""
    return editing.change_edge(_saving(actor, pk, options), edge_id, changes)


def remove_node(*, actor: Actor, pk: UUID, node_id: str, **options: Any) -> FunctionModel:
    """Take a node out; a container's incoming edges and its actions go with it.

    Raises `Conflict` (`node_has_dependents`) where others depend on the container. Options and
    other refusals as `edit_canvas`.
    """

    def edit(document: Part) -> Part:
        editing.find_member(document["nodes"], node_id)
        dependents = [e["target"] for e in document["edges"] if e["source"] == node_id]
        if dependents:
            raise Conflict(
                f"Others depend on it: {', '.join(dependents)}.",
                code="node_has_dependents",
                extra={"dependents": dependents},
            )
        return {
            **document,
            "nodes": [
                node
                for node in document["nodes"]
                if node["id"] != node_id and node.get("parentId") != node_id
            ],
            "edges": [edge for edge in document["edges"] if edge["target"] != node_id],
        }

    return _saving(actor, pk, options)(edit)


def remove_edge(*, actor: Actor, pk: UUID, edge_id: str, **options: Any) -> FunctionModel:
    """Take an edge out. Options and refusals as `edit_canvas`."""
    return editing.remove_edge(_saving(actor, pk, options), edge_id)


def _saving(actor: Actor, pk: UUID, options: Part) -> Callable[[Edit], FunctionModel]:
    def save(edit: Edit) -> FunctionModel:
        return edit_canvas(actor=actor, pk=pk, edit=edit, **options)

    return save


def _merged(node: Part, given: Part) -> Part:
    """Return the `data` of `node` with `given` laid over it; a few objects merge as well.

    A null removes: what has a default gets it, what is required will be missed.
    """
    data = editing.merged(node["data"], given)
    for name in getattr(KINDS[node["type"]].model_fields["data"].annotation, "merged", ()):
        if isinstance(given.get(name), dict):
            data[name] = {**(node["data"].get(name) or {}), **given[name]}
    return data
