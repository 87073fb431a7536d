"""Creating and changing function models, apart from what is drawn in them."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict
from function_models.canvas.document import Canvas
from function_models.models import FunctionModel
from node_links.events.recording import record_event
from node_links.permissions import normalise, require_creator
from node_links.services.nodes.syncing import sync_nodes


def create_model(*, actor: Actor, canvas: Canvas | None = None, **values: Any) -> FunctionModel:
    """Create a draft 1.0.0 and let it join the graph; `canvas` is drawn in it, else it is empty.

    Raises `Forbidden`, `ValidationFailed`, `Conflict` (`duplicate`: the name is taken).
    """
    require_creator(actor)
    with joined_transaction():
        values["permissions"] = normalise(
            actor, values.get("permissions") or {}, owner_id=actor.user_id
        )
        owner = values["permissions"]["owner"]
        model = FunctionModel(
            organization_id=actor.tenant_id, owner_id=UUID(owner) if owner else None, **values
        )
        if canvas is not None:
            model.draw(canvas)
        save_named(model, force_insert=True)
        sync_nodes(entity=model, is_new=True)
        record_event(
            actor=actor,
            entity=model,
            event_type="FunctionModelCreated",
            data={"name": model.name, "version": model.version},
        )
    return model


def save_named(model: FunctionModel, **how: Any) -> None:
    """Save a model. Raises `Conflict` (`duplicate`) where another one has the name."""
    try:
        with transaction.atomic():
            model.save(**how)
    except IntegrityError as error:
        if "function_models_name" not in str(error):
            raise
        raise Conflict(f"There is a model named {model.name} already.", code="duplicate") from error
