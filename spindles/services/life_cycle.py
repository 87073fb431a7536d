"""Putting the live version to rest and to work again; the end of a spindle, and its return."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import FieldError, NotFound
from node_links.audit.annotating import annotate
from node_links.events.recording import record_event
from node_links.permissions import Act, require
from node_links.services import entities
from spindles.choices import SpindleStatus
from spindles.models import Spindle
from spindles.services.references import follow_references
from spindles.services.slugs import unique_slug
from spindles.services.states import (
    MAY_ACTIVATE,
    MAY_DEACTIVATE,
    MAY_DEPRECATE,
    require_live,
)
from spindles.services.triggers.registering import register_live_triggers, remove_triggers


def deactivate_spindle(*, actor: Actor, pk: UUID, **options: Any) -> Spindle:
    """Let the live version rest: triggers are silent, new runs refused.

    `options` are `expected_revision` and `locked`, as everywhere. Raises `NotFound`, `Forbidden`,
    `RevisionConflict`, `InvalidTransition`.
    """
    with joined_transaction():
        spindle = _locked(actor, pk, options)
        require_live(spindle, *MAY_DEACTIVATE)
        data = {
            "name": spindle.name,
            "version": spindle.published_version,
            "deactivated_by": _text(actor.user_id),
        }
        _move(actor, spindle, SpindleStatus.INACTIVE, "WorkflowDeactivated", "deactivate", data)
        remove_triggers(actor=actor, spindle_id=spindle.pk)
    return spindle


def activate_spindle(*, actor: Actor, pk: UUID, **options: Any) -> Spindle:
    """Put the live version to work again. Options and refusals as `deactivate_spindle`."""
    with joined_transaction():
        spindle = _locked(actor, pk, options)
        require_live(spindle, *MAY_ACTIVATE)
        spindle.consecutive_failures = 0
        data = {
            "name": spindle.name,
            "version": spindle.published_version,
            "activated_by": _text(actor.user_id),
        }
        _move(actor, spindle, SpindleStatus.ACTIVE, "WorkflowActivated", "activate", data)
        register_live_triggers(actor=actor, spindle=spindle)
    return spindle


def deprecate_spindle(
    *,
    actor: Actor,
    pk: UUID,
    reason: str = "",
    replaced_by: UUID | None = None,
    **options: Any,
) -> Spindle:
    """Say that the live version is not to be used any more; it never comes back.

    `replaced_by` is the spindle to use instead. Options and refusals as `deactivate_spindle`, and
    `NotFound` for a replacement that is not there.
    """
    with joined_transaction():
        spindle = _locked(actor, pk, options)
        require_live(spindle, *MAY_DEPRECATE)
        _require_replacement(actor, spindle, replaced_by)
        spindle.deprecation_reason = reason or None
        spindle.replaced_by_id = replaced_by
        data = {
            "name": spindle.name,
            "version": spindle.published_version,
            "reason": reason or None,
            "replaced_by": _text(replaced_by),
        }
        _move(
            actor,
            spindle,
            SpindleStatus.DEPRECATED,
            "WorkflowDeprecated",
            "deprecate",
            data,
            also=("deprecation_reason", "replaced_by"),
        )
        remove_triggers(actor=actor, spindle_id=spindle.pk)
    return spindle


def archive_spindle(*, actor: Actor, pk: UUID, reason: str = "", **options: Any) -> Spindle:
    """Archive a spindle for good; its content stays readable, running executions finish.

    Options and refusals as `deactivate_spindle`.
    """
    with joined_transaction():
        spindle = _locked(actor, pk, options, act=Act.ARCHIVE)
        also = {"archived_at": timezone.now(), "archive_reason": reason or None}
        entities.archive_entity(actor=actor, entity=spindle, reason=reason, also=also)
        remove_triggers(actor=actor, spindle_id=spindle.pk, for_good=True)
    return spindle


def delete_spindle(*, actor: Actor, pk: UUID, reason: str = "", **options: Any) -> None:
    """Hide a spindle, keeping everything; it can be restored for a while.

    Options and refusals as `deactivate_spindle`.
    """
    with joined_transaction():
        spindle = _locked(actor, pk, options, act=Act.ADMINISTER)
        also = {"deletion_reason": reason or None}
        entities.soft_delete_entity(actor=actor, entity=spindle, reason=reason, also=also)
        remove_triggers(actor=actor, spindle_id=spindle.pk)


def restore_spindle(*, actor: Actor, pk: UUID, expected_revision: int | None = None) -> Spindle:
    """Undo a deletion: everything is as it was.

    Raises as `entities.restore_entity`, and `Conflict` (`duplicate`: the slug was taken meanwhile).
    """
    with joined_transaction():
        deleted = entities.lock_deleted(
            Spindle, actor=actor, pk=pk, expected_revision=expected_revision
        )
        with unique_slug(deleted):
            spindle = entities.restore_entity(
                Spindle,
                actor=actor,
                pk=pk,
                expected_revision=expected_revision,
                also={"deletion_reason": None},
            )
        follow_references(actor=actor, spindle=spindle)
        register_live_triggers(actor=actor, spindle=spindle)
    return spindle


def _locked(actor: Actor, pk: UUID, options: dict[str, Any], *, act: Act = Act.PUBLISH) -> Spindle:
    spindle: Spindle = entities.lock_entity(Spindle, actor=actor, pk=pk, **options)
    require(actor, spindle, act)
    return spindle


def _move(
    actor: Actor,
    spindle: Spindle,
    to: SpindleStatus,
    event_type: str,
    action: str,
    data: dict[str, Any],
    also: tuple[str, ...] = (),
) -> None:
    """Move the live version on; the working copy goes along unless a draft is open."""
    if spindle.status != SpindleStatus.DRAFT:
        spindle.status = to
    spindle.live_status = to
    with annotate(event_type=event_type, event_data={"action": action, **data}):
        entities.save_entity(spindle, ["status", "live_status", "consecutive_failures", *also])
    record_event(actor=actor, entity=spindle, event_type=event_type, data=data)


def _require_replacement(actor: Actor, spindle: Spindle, replaced_by: UUID | None) -> None:
    if replaced_by is None:
        return
    rows = Spindle.objects.visible_to(actor).filter(pk=replaced_by)
    if replaced_by == spindle.pk or not rows.exists():
        message = "There is no such spindle to use instead."
        error = FieldError("/replaced_by", "does_not_exist", message)
        raise NotFound(message, errors=[error])


def _text(known: UUID | None) -> str | None:
    return None if known is None else str(known)
