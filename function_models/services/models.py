"""Creating and changing function models, apart from what is drawn in them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, InvalidTransition, NotFound
from config.rows import insert_rows
from function_models.canvas.document import Canvas, parse_canvas
from function_models.models import FunctionModel, FunctionModelVersion, document_of
from function_models.services.references import find_targets, link_targets
from node_links.choices import EntityStatus
from node_links.events.recording import record_event
from node_links.permissions import Act, require, require_creator
from node_links.services import entities
from node_links.services.changing import (
    annotated,
    own_permissions,
    record_changes,
    with_permissions,
)
from node_links.services.nodes.syncing import sync_nodes
from node_links.services.versions import get_snapshot, snapshot_content

# These say nothing of what is done, and stay open whatever the status.
ALWAYS_OPEN = frozenset({"metadata", "tags", "permissions", "owner_id", "ai_agent_config"})
# What `nodes.describe` looks at, besides the drawing.
SHOWN = frozenset({"name", "description", "tags", "process_type", "complexity_level"})
# What a copy of a model takes over, besides the drawing.
COPIED = (
    "description",
    "process_type",
    "complexity_level",
    "estimated_duration",
    "tags",
    "metadata",
    "ai_agent_config",
    "context",
)


def create_model(
    *,
    actor: Actor,
    canvas: Canvas | None = None,
    template_id: UUID | None = None,
    **values: Any,
) -> FunctionModel:
    """Create a draft 1.0.0 of the actor's and let it join the graph.

    `canvas` is drawn in it, else the live drawing of the model `template_id` (its draft, where
    nothing is live), else nothing. Raises `Forbidden`, `ValidationFailed`, `NotFound` (template),
    `Conflict` (`duplicate`: the name is taken).
    """
    require_creator(actor)
    with joined_transaction():
        if template_id is not None and canvas is None:
            canvas = _drawing_of(_readable(actor, template_id))
        return _create(actor, canvas, values, template_id=template_id)


def duplicate_model(*, actor: Actor, pk: UUID, name: str) -> FunctionModel:
    """Create a draft 1.0.0 of the actor's with the content of a model's working copy.

    Statuses begin anew; versions and links made by hand stay with the original. Raises as
    `create_model`.
    """
    require_creator(actor)
    with joined_transaction():
        original = _readable(actor, pk)
        values = {"name": name, **{field: getattr(original, field) for field in COPIED}}
        canvas = parse_canvas(original.document)
        return _create(actor, canvas, values, template_id=original.pk)


def update_model(
    *,
    actor: Actor,
    pk: UUID,
    values: dict[str, Any],
    expected_revision: int | None = None,
    locked: FunctionModel | None = None,
) -> FunctionModel:
    """Change the given fields of a model; what changes nothing leaves no trace.

    `locked` is the model where the caller holds its row in this transaction already. Raises
    `NotFound`, `Forbidden`, `RevisionConflict`, `InvalidTransition` (a field is closed in the
    model's status: none is changed), `ValidationFailed`, `Conflict` (`duplicate`).
    """
    with joined_transaction():
        model = entities.lock_entity(
            FunctionModel, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, model, Act.EDIT)
        values = with_permissions(actor, model, values)
        changes = entities.changes_of(model, values)
        if not changes:
            return model
        refuse_closed(model, changes)
        for name, change in changes.items():
            setattr(model, name, change["new"])
        with annotated(model, changes), unique_name(model) if "name" in changes else nullcontext():
            entities.save_entity(model, changes)
        if not SHOWN.isdisjoint(changes):
            sync_nodes(entity=model, among=[None])
        record_changes(actor, model, changes)
    return model


def refuse_closed(model: FunctionModel, names: Iterable[str]) -> None:
    """Raise `InvalidTransition` where one of the fields cannot be changed in the model's status."""
    closed = sorted(name for name in names if name not in ALWAYS_OPEN)
    if model.status != EntityStatus.DRAFT and closed:
        raise InvalidTransition(
            model.status, detail=f"No draft is open: {', '.join(closed)} cannot be changed."
        )


@contextmanager
def unique_name(model: FunctionModel) -> Iterator[None]:
    """Raise `Conflict` (`duplicate`) where saving in the block fails because of a name taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "function_models_name" not in str(error):
            raise
        raise Conflict(f"There is a model named {model.name} already.", code="duplicate") from error


def _create(
    actor: Actor, canvas: Canvas | None, values: dict[str, Any], *, template_id: UUID | None
) -> FunctionModel:
    values |= own_permissions(actor, values.get("permissions"))
    model = FunctionModel(organization_id=actor.tenant_id, **values)
    found = None
    if canvas is not None:
        model.draw(canvas)
        found = find_targets(model)
    with unique_name(model):
        insert_rows([model])
    sync_nodes(entity=model, is_new=True)
    record_event(
        actor=actor,
        entity=model,
        event_type="FunctionModelCreated",
        data={
            "name": model.name,
            "version": model.version,
            "template_id": str(template_id) if template_id else None,
        },
    )
    if found:
        link_targets(actor=actor, model=model, found=found)
    return model


def _readable(actor: Actor, pk: UUID) -> FunctionModel:
    found = FunctionModel.all_objects.visible_to(actor).alive().filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such model.")
    return found


def _drawing_of(model: FunctionModel) -> Canvas:
    content = snapshot_content(model)
    if model.published_version is not None:
        content = get_snapshot(FunctionModelVersion, entity=model, version="published").content
    return parse_canvas(document_of(content))
