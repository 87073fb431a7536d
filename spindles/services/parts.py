"""Editing one node or one edge of what is drawn in a spindle."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from node_links.canvas import editing
from node_links.permissions import Act, require
from node_links.services import entities
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.listing import on_top
from spindles.models import Spindle
from spindles.services.defining import definition_of
from spindles.services.spindles import update_spindle
from spindles.services.states import require_draft

Part = dict[str, Any]


def edit_drawing(
    *,
    actor: Actor,
    pk: UUID,
    edit: editing.Edit,
    expected_revision: int | None = None,
    locked: Spindle | None = None,
) -> Spindle:
    """Save what `edit` makes of the drawing `{nodes, edges, viewport}` of an open draft.

    Raises `NotFound`, `Forbidden`, `RevisionConflict`, `InvalidTransition` (no draft is open),
    `ValidationFailed`.
    """
    with joined_transaction():
        spindle = entities.lock_entity(
            Spindle, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, spindle, Act.EDIT)
        require_draft(spindle)
        after = parse_drawing(edit(definition_of(spindle).as_document()))
        return update_spindle(actor=actor, pk=pk, values={"canvas": after}, locked=spindle)


def add_node(*, actor: Actor, pk: UUID, node: Any, **options: Any) -> tuple[Spindle, str]:
    """Draw a node; return the spindle and the node's id. Options and refusals as `edit_drawing`."""
    return editing.add_member(_saving(actor, pk, options), "nodes", node)


def add_edge(*, actor: Actor, pk: UUID, edge: Any, **options: Any) -> tuple[Spindle, str]:
    """Draw an edge; return the spindle and the edge's id. Options and refusals as
    `edit_drawing`."""
    return editing.add_member(_saving(actor, pk, options), "edges", edge)


def update_node(*, actor: Actor, pk: UUID, node_id: str, changes: Any, **options: Any) -> Spindle:
    """Merge `changes` into a node: given keys of `data` replace, null removes an optional one.

    Options and refusals as `edit_drawing`.
    """

    def edit(node: Part) -> Part:
        changed, data = editing.laid_over(node, changes)
        return {**changed, "data": editing.merged(node["data"], data)}

    return editing.change_member(_saving(actor, pk, options), "nodes", node_id, edit)


def update_edge(*, actor: Actor, pk: UUID, edge_id: str, changes: Any, **options: Any) -> Spindle:
    """Replace the given keys of an edge. Options and refusals as `edit_drawing`."""
    return editing.change_edge(_saving(actor, pk, options), edge_id, changes)


def remove_node(*, actor: Actor, pk: UUID, node_id: str, **options: Any) -> Spindle:
    """Take a node out with its edges; what it holds moves to the top level.

    Options and refusals as `edit_drawing`.
    """

    def edit(document: Part) -> Part:
        drawn = {node["id"]: node for node in document["nodes"]}
        editing.find_member(document["nodes"], node_id)
        alive = drawn.keys() - {node_id}
        return {
            **document,
            "nodes": [on_top(node, alive, drawn) for node in drawn.values() if node["id"] in alive],
            "edges": [e for e in document["edges"] if {e["source"], e["target"]} <= alive],
        }

    return _saving(actor, pk, options)(edit)


def remove_edge(*, actor: Actor, pk: UUID, edge_id: str, **options: Any) -> Spindle:
    """Take an edge out. Options and refusals as `edit_drawing`."""
    return editing.remove_edge(_saving(actor, pk, options), edge_id)


def _saving(actor: Actor, pk: UUID, options: Part) -> Callable[[editing.Edit], Spindle]:
    def save(edit: editing.Edit) -> Spindle:
        return edit_drawing(actor=actor, pk=pk, edit=edit, **options)

    return save
