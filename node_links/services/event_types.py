"""An organisation's own types of events."""

from typing import Any

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, Forbidden
from node_links.events.custom_types import require_schema
from node_links.events.types import event_types
from node_links.models import CustomEventType


def register_event_type(
    *, actor: Actor, name: str, schema: dict[str, Any]
) -> tuple[CustomEventType, bool]:
    """Return the newest version of the type, and whether it had to be made.

    A schema other than that of the newest version makes the next one; events that were written
    before stay in theirs. Raises `Forbidden`, `ValidationFailed` (`invalid_schema`), `Conflict`
    (`duplicate`) for the name of a built-in type.
    """
    if not actor.is_administrator:
        raise Forbidden("Event types are registered by administrators.")
    if event_types.get(name) is not None:
        raise Conflict(f"{name} is a type of the platform itself.", code="duplicate")
    require_schema(schema)
    with joined_transaction():
        versions = CustomEventType.objects.filter(organization_id=actor.tenant_id, name=name)
        newest = versions.order_by("-version").first()
        if newest is not None and newest.schema == schema:
            return newest, False
        made = CustomEventType.objects.create(
            organization_id=actor.tenant_id,
            name=name,
            version=newest.version + 1 if newest else 1,
            schema=schema,
            created_by_id=actor.user_id,
        )
    return made, True
