"""Changing what is drawn: every edit reads the whole drawing, changes it, and saves it as one.

Two people who edit different nodes do not overwrite each other: an edit of a node is made on the
drawing as it is under the row's lock, not on the one that the editor has seen.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import ValidationFailed
from function_models.canvas.changes import changes_between
from function_models.canvas.document import Canvas, parse_canvas
from function_models.canvas.statuses import require_move, statuses_of
from function_models.models import FunctionModel
from node_links.events.recording import record_event
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.nodes.syncing import sync_nodes
from node_links.services.versions import require_draft

CANVAS_FIELDS = ("nodes_data", "edges_data", "viewport_data", "document_data")
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
    return edit_canvas(
        actor=actor,
        pk=pk,
        edit=lambda _: document,
        expected_revision=expected_revision,
        locked=locked,
    )


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
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.EDIT)
        require_draft(model)
        before = model.canvas
        after = parse_canvas(
            edit(before.as_document()),
            model_id=str(model.pk),
            statuses=_statuses(before, moved or {}),
        )
        save_canvas(actor=actor, model=model, before=before, after=after)
    return model


def save_canvas(*, actor: Actor, model: FunctionModel, before: Canvas, after: Canvas) -> None:
    """Write the drawing `after` of a locked model, with its nodes and the events of each change.

    What the editor keeps for itself (selection, size) is stored, but raises no revision and is
    told to nobody.
    """
    told = changes_between(before, after)
    model.draw(after)
    if not told:
        if before != after:
            FunctionModel.all_objects.filter(pk=model.pk).update(
                **{name: getattr(model, name) for name in CANVAS_FIELDS}
            )
        return
    model.last_saved_at = timezone.now()
    entities.save_entity(model, [*CANVAS_FIELDS, "last_saved_at"])
    sync_nodes(entity=model)
    for event in told:
        record_event(
            actor=actor,
            entity=model,
            event_type=event.event_type,
            data=event.data,
            node_id=event.node_id,
        )


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
