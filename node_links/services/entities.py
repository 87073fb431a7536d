"""The steps every write of an entity takes: lock, compare the revision, save, delete, restore."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.actors import Actor
from config.exceptions import Conflict, InvalidTransition, NotFound, RevisionConflict
from config.rows import write_fields
from node_links.audit.annotating import annotate
from node_links.choices import EntityStatus
from node_links.events.recording import record_event
from node_links.models import NodeEntity
from node_links.permissions import Act, may
from node_links.querysets import EntityQuerySet
from node_links.services.nodes.syncing import set_nodes_deleted

E = TypeVar("E", bound=NodeEntity)


def lock_entity(
    model: type[E],
    *,
    actor: Actor,
    pk: UUID,
    expected_revision: int | None = None,
    locked: E | None = None,
) -> E:
    """Return the living entity with its row locked until the transaction ends.

    `locked` is the entity itself where the caller has read it in this transaction with its row
    locked: it is not read again. Raises `NotFound` for an unknown, foreign or deleted one,
    `RevisionConflict` where the caller names a revision that is no longer the current one.
    """
    rows: EntityQuerySet[Any] = model.all_objects.all()
    entity = locked or rows.lock_living(actor, pk)
    if entity is None or entity.deleted_at is not None:
        raise NotFound
    compare_revision(entity, expected_revision)
    return entity


def compare_revision(entity: NodeEntity, expected_revision: int | None) -> None:
    """Raise `RevisionConflict` unless `expected_revision` is None or the current one."""
    if expected_revision is not None and expected_revision != entity.revision:
        raise RevisionConflict(entity.revision)


def save_entity(entity: NodeEntity, fields: Iterable[str]) -> None:
    """Write `fields` of a locked entity and raise its revision."""
    entity.revision += 1
    write_fields(entity, [*fields, "revision", "updated_at"])


def changes_of(entity: NodeEntity, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return `{field: {old, new}}` for the values that differ from the entity's."""
    return {
        name: {"old": getattr(entity, name), "new": value}
        for name, value in values.items()
        if getattr(entity, name) != value
    }


def refuse_archived(entity: NodeEntity) -> None:
    """Raise `InvalidTransition` for an archived entity, which is never deleted."""
    if entity.status == EntityStatus.ARCHIVED:
        raise InvalidTransition(entity.status, detail="What is archived is kept for good.")


def soft_delete_entity(
    *,
    actor: Actor,
    entity: NodeEntity,
    reason: str = "",
    also: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
    preserved: Mapping[str, Any] | None = None,
    act: Mapping[str, Any] | None = None,
) -> None:
    """Hide a locked draft or published entity, keeping everything. Raises `InvalidTransition`.

    A feature may save further fields with it (`also`), tell more with the event (`told`), and more
    to the audit trail: of what is preserved (`preserved`), and besides (`act`).
    """
    refuse_archived(entity)
    entity.deleted_at = timezone.now()
    entity.deleted_by_id = actor.user_id
    event_type = f"{entity.event_prefix}Deleted"
    state = {"name": entity.title_text, "status": entity.status, "version": entity.version}
    data = {**state, "reason": reason or None, **(told or {})}
    audited = {
        "action": "soft_delete",
        "preserved": {**state, **(preserved or {})},
        "reason": reason or None,
        **(act or {}),
    }
    for name, value in (also or {}).items():
        setattr(entity, name, value)
    with annotate(event_type=event_type, event_data=audited):
        save_entity(entity, ["deleted_at", "deleted_by", *(also or ())])
    set_nodes_deleted(entity=entity)
    record_event(actor=actor, entity=entity, event_type=event_type, data=data)


def restore_entity(
    model: type[E],
    *,
    actor: Actor,
    pk: UUID,
    expected_revision: int | None = None,
    also: Mapping[str, Any] | None = None,
) -> E:
    """Bring a deleted entity back exactly as it was; `also` are further fields to set with it.

    Raises as `lock_deleted`, and `Conflict` (`recovery_expired`) after the recovery window (days,
    setting).
    """
    entity = lock_deleted(model, actor=actor, pk=pk, expected_revision=expected_revision)
    if is_expired(entity):
        raise Conflict(
            "The recovery window has passed.",
            code="recovery_expired",
            extra={"escalation": "administrator_review"},
        )
    for name, value in (also or {}).items():
        setattr(entity, name, value)
    _write_restored(actor, entity, also or ())
    return entity


def lock_deleted(
    model: type[E],
    *,
    actor: Actor,
    pk: UUID,
    expected_revision: int | None = None,
    lock: bool = True,
) -> E:
    """Return a deleted entity with its row locked (unless `lock` is False); for administrators.

    Raises `NotFound` for everybody else, `RevisionConflict`, `InvalidTransition` for what is not
    deleted.
    """
    rows: EntityQuerySet[Any] = model.all_objects.visible_to(actor)
    if lock:
        rows = rows.select_for_update(of=("self",))
    entity = rows.filter(pk=pk).first()
    if not isinstance(entity, model) or not may(actor, entity, Act.RESTORE):
        raise NotFound
    compare_revision(entity, expected_revision)
    if entity.deleted_at is None:
        raise InvalidTransition(entity.status, detail="It is not deleted.")
    return entity


def recoverable_until(entity: NodeEntity) -> datetime:
    """Return the moment from which a deleted entity cannot be restored any more.

    The last day of the window counts in full.
    """
    deleted_at = entity.deleted_at or timezone.now()
    return deleted_at + timedelta(days=settings.RECOVERY_WINDOW_DAYS + 1)


def is_expired(entity: NodeEntity) -> bool:
    """Return whether a deleted entity cannot be restored any more."""
    return timezone.now() >= recoverable_until(entity)


def days_deleted(entity: NodeEntity) -> int:
    """Return for how many whole days an entity has been deleted."""
    return (timezone.now() - entity.deleted_at).days if entity.deleted_at else 0


def _write_restored(actor: Actor, entity: NodeEntity, also: Iterable[str]) -> None:
    days = days_deleted(entity)
    entity.deleted_at = None
    entity.deleted_by = None
    event_type = f"{entity.event_prefix}Restored"
    data = {"name": entity.title_text, "status": entity.status, "version": entity.version}
    act = {"action": "restore", **data, "days_deleted": days}
    with annotate(event_type=event_type, event_data=act):
        save_entity(entity, ["deleted_at", "deleted_by", *also])
    set_nodes_deleted(entity=entity)
    record_event(actor=actor, entity=entity, event_type=event_type, data=data)


def archive_entity(
    *,
    actor: Actor,
    entity: NodeEntity,
    reason: str = "",
    also: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
    act: Mapping[str, Any] | None = None,
) -> str:
    """Archive a locked entity for good and return its former status; its content stays readable.

    `also`, `told` and `act` as for `soft_delete_entity`. Raises `InvalidTransition`.
    """
    if entity.status == EntityStatus.ARCHIVED:
        raise InvalidTransition(entity.status)
    previous, entity.status = str(entity.status), EntityStatus.ARCHIVED
    event_type = f"{entity.event_prefix}Archived"
    data = {
        "name": entity.title_text,
        "version": entity.version,
        "previous_status": previous,
        "reason": reason or None,
        **(told or {}),
    }
    for name, value in (also or {}).items():
        setattr(entity, name, value)
    with annotate(event_type=event_type, event_data={"action": "archive", **data, **(act or {})}):
        save_entity(entity, ["status", *(also or ())])
    record_event(actor=actor, entity=entity, event_type=event_type, data=data)
    return previous
