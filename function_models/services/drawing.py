"""Changing what is drawn: every edit reads the whole drawing, changes it, and saves it as one.

Two people who edit different nodes do not overwrite each other: an edit of a node is made on the
drawing as it is under the row's lock, not on the one that the editor has seen.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import ValidationFailed
from function_models.canvas.changes import Told, changes_between
from function_models.canvas.document import Canvas, parse_canvas
from function_models.canvas.references import references_of
from function_models.canvas.statuses import require_move, statuses_of
from function_models.models import CANVAS_FIELDS, FunctionModel
from function_models.services.references import find_targets, link_targets
from node_links.canvas.comparison import same_json
from node_links.events.recording import NewEvent, record_events
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.links.removing import remove_links_inside
from node_links.services.nodes.syncing import sync_nodes
from node_links.services.versions import require_draft

Edit = Callable[[dict[str, Any]], dict[str, Any]]


def put_canvas(
    *,
    actor: Actor,
    pk: UUID,
    document: Any,
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> FunctionModel:
    """Replace the whole drawing. Raises as `edit_canvas`."""
    with joined_transaction():
        model = _open_model(actor, pk, expected_revision, locked)
        _redraw(actor, model, document, {})
    return model


def edit_canvas(
    *,
    actor: Actor,
    pk: UUID,
    edit: Edit,
    moved: Mapping[str, Any] | None = None,
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> FunctionModel:
    """Save what `edit` makes of the drawing `{nodes, edges, viewport}` of an open draft.

    `edit` is given a document of its own and may change it. `moved` holds the new statuses of nodes
    whose design goes on, by id. `locked` is the model where the caller
    holds its row in this transaction already. Raises `NotFound`, `Forbidden`, `RevisionConflict`,
    `InvalidTransition` (no draft is open), `ValidationFailed`.
    """
    with joined_transaction():
        model = _open_model(actor, pk, expected_revision, locked)
        # Through JSON, which copies a large document faster than anything else does.
        own = json.loads(json.dumps(model.document))
        _redraw(actor, model, edit(own), moved or {})
    return model


def _open_model(
    actor: Actor, pk: UUID, expected_revision: int | None, locked: FunctionModel | None
) -> FunctionModel:
    """Return the locked model. Raises as `edit_canvas`."""
    model = entities.lock_entity(
        FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
    )
    require(actor, model, Act.EDIT)
    require_draft(model)
    return model


def _redraw(actor: Actor, model: FunctionModel, document: Any, moved: Mapping[str, Any]) -> None:
    before = model.canvas
    after = parse_canvas(
        document,
        model_id=str(model.pk),
        statuses=_statuses(before, moved),
        known=model.known_nodes,
    )
    save_canvas(actor=actor, model=model, before=before, after=after)


def save_canvas(*, actor: Actor, model: FunctionModel, before: Canvas, after: Canvas) -> None:
    """Write the drawing `after` of a locked model, with its nodes, links and the events of each
    change.

    What the editor keeps for itself (selection, size) is stored, but raises no revision and is
    told to nobody; so is what only JSON tells apart (`true` in place of 1).
    """
    told = changes_between(before, after)
    stored = model.document
    model.draw(after)
    if not told:
        if not same_json(stored, model.document):
            _save_looks(model)
        return
    model.last_saved_at = timezone.now()
    store_drawing(actor=actor, model=model, before=before, also=["last_saved_at"])
    record_drawn(actor=actor, model=model, told=told)


def store_drawing(
    *, actor: Actor, model: FunctionModel, before: Canvas, also: Iterable[str] = ()
) -> None:
    """Save the drawing of a locked model, and let nodes and derived links follow it.

    `also` names further fields to save with it. Nothing is told of the drawing itself.
    """
    after = model.canvas
    gone = [node.id for node in before.nodes if node.id not in after.by_id]
    referring = set(references_of(before)) != set(references_of(after))
    found = find_targets(model) if referring else []
    entities.save_entity(model, [*CANVAS_FIELDS, "dangling_references", *also])
    if gone:
        remove_links_inside(actor=actor, entity=model, node_ids=gone)
    sync_nodes(entity=model, among=_redrawn(before, after))
    if referring:
        link_targets(actor=actor, model=model, found=found)


def _redrawn(before: Canvas, after: Canvas) -> set[str | None]:
    """Return the ids of the nodes that are new, gone or drawn differently, and None: the node of
    the model itself is searched by the names of them all."""
    stay = {node.id for node in after.nodes if before.by_id.get(node.id) == node}
    return {None, *before.by_id, *after.by_id} - stay


def record_drawn(*, actor: Actor, model: FunctionModel, told: Iterable[Told]) -> None:
    """Record what happened to a drawing, one event for each change."""
    kind, pk = model.feature_type, model.pk
    events = [NewEvent(kind, pk, one.event_type, one.data, one.node_id) for one in told]
    record_events(actor=actor, events=events)


def _save_looks(model: FunctionModel) -> None:
    """Store what the editor keeps for itself. The moment of the change names the state in caches,
    so it moves; the revision, which tells others of a change, does not."""
    model.updated_at = timezone.now()
    looks = {name: getattr(model, name) for name in (*CANVAS_FIELDS, "updated_at")}
    FunctionModel.all_objects.filter(pk=model.pk).update(**looks)


def _statuses(before: Canvas, moved: Mapping[str, Any]) -> dict[str, str]:
    statuses = {node.id: node.data.status for node in before.nodes}
    for node_id, wanted in moved.items():
        if node_id not in before.by_id:
            continue
        kind = before.by_id[node_id].type
        if wanted not in statuses_of(kind):
            known = ", ".join(statuses_of(kind))
            raise ValidationFailed.of("/data/status", "invalid_choice", f"One of {known}.")
        require_move(kind, statuses[node_id], wanted)
        statuses[node_id] = wanted
    return statuses
