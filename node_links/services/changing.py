"""Changing fields of an entity: what is to be told of it, and to whom it belongs afterwards."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from node_links.audit.annotating import annotate
from node_links.events.recording import record_event
from node_links.models import NodeEntity
from node_links.permissions import normalise, require_no_change

Changes = dict[str, dict[str, Any]]
"""`{field: {old, new}}`."""


def own_permissions(actor: Actor, given: dict[str, Any] | None) -> dict[str, Any]:
    """Return `permissions` and `owner_id` of a new entity of the actor's.

    Raises `ValidationFailed` (`not_a_member`).
    """
    permissions = normalise(actor, given or {}, owner_id=actor.user_id)
    return {"permissions": permissions, "owner_id": owner_of(permissions)}


def with_permissions(actor: Actor, entity: NodeEntity, values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with permissions in their stored form, and the owner that they name.

    Raises `Forbidden` where the actor may not change them, `ValidationFailed` (`not_a_member`).
    """
    if "permissions" not in values:
        return values
    given = values["permissions"] or {}
    require_no_change(actor, entity, given)
    permissions = normalise(actor, given, owner_id=entity.owner_id)
    return {**values, "permissions": permissions, "owner_id": owner_of(permissions)}


def owner_of(permissions: dict[str, Any]) -> UUID | None:
    """Return whom stored permissions name as the owner."""
    return UUID(permissions["owner"]) if permissions["owner"] else None


def annotated(entity: NodeEntity, changes: Changes) -> AbstractContextManager[None]:
    """Return what the audit trail says of a change, where it is more than an edit."""
    if "permissions" not in changes:
        return nullcontext()
    act = {"action": "permission_change", **changes["permissions"]}
    return annotate(event_type=f"{entity.event_prefix}PermissionsChanged", event_data=act)


def record_changes(actor: Actor, entity: NodeEntity, changes: Changes) -> None:
    """Record one event for what people may do with the entity and one for everything else."""
    told = {name: change for name, change in changes.items() if name != "owner_id"}
    permissions = told.pop("permissions", None)  # they name the owner
    if permissions is not None:
        _record(actor, entity, "PermissionsChanged", {"permissions": permissions})
    if told:
        _record(actor, entity, "Updated", told)


def _record(actor: Actor, entity: NodeEntity, what: str, changes: Changes) -> None:
    event_type = f"{entity.event_prefix}{what}"
    record_event(actor=actor, entity=entity, event_type=event_type, data={"changes": changes})
