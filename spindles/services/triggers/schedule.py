"""The schedule of a spindle that is set beside its live version."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, InvalidTransition
from node_links.permissions import Act, require
from node_links.services import entities
from spindles.choices import SpindleStatus, TriggerKind, TriggerOrigin, TriggerState
from spindles.models import Spindle, SpindleTrigger
from spindles.services.triggers.registering import next_of, tell_of_schedule
from spindles.triggers.definitions import parse_trigger

KEY = "schedule"


def set_schedule(
    *, actor: Actor, pk: UUID, schedule: Mapping[str, Any], **options: Any
) -> SpindleTrigger:
    """Make `schedule` the one schedule of the live version of a spindle, and return it.

    It stands for those that the version itself has until another version is published. `schedule`
    is written down as in a definition, without `kind`. `options` are `expected_revision` and
    `locked`, as everywhere. Raises `NotFound`, `Forbidden`,
    `RevisionConflict`, `ValidationFailed`, `Conflict` (`not_published`), `InvalidTransition` (the
    version is at rest).
    """
    found = parse_trigger({**schedule, "kind": TriggerKind.SCHEDULE})
    config = found.model_dump(mode="json", exclude={"id"}, exclude_none=True)
    with joined_transaction():
        spindle = _live(actor, pk, options)
        rows = _schedules(spindle)
        row = next((one for one in rows if one.origin == TriggerOrigin.SCHEDULE), None)
        if row is not None and row.config == config and row.state == TriggerState.ACTIVE:
            return row
        _silence(actor, [one for one in rows if one is not row])
        row = row or _new(spindle)
        row.config, row.state = config, TriggerState.ACTIVE
        row.version, row.registered_by_id = str(spindle.published_version), actor.user_id
        row.next_at = next_of(config, timezone.now())
        row.save()
        tell_of_schedule(actor, row, "WorkflowScheduled")
    return row


def clear_schedule(*, actor: Actor, pk: UUID, **options: Any) -> None:
    """Let no schedule start the live version; the next version brings its own.

    Nothing happens where there is none. Raises `NotFound`, `Forbidden`, `RevisionConflict`,
    `Conflict` (`not_published`).
    """
    with joined_transaction():
        spindle = _live(actor, pk, options, resting=True)
        rows = _schedules(spindle)
        _silence(actor, [row for row in rows if row.origin == TriggerOrigin.VERSION])
        for row in rows:
            if row.origin == TriggerOrigin.SCHEDULE:
                _silence(actor, [row])
                row.delete()


def _live(actor: Actor, pk: UUID, options: Mapping[str, Any], *, resting: bool = False) -> Spindle:
    spindle: Spindle = entities.lock_entity(Spindle, actor=actor, pk=pk, **options)
    require(actor, spindle, Act.PUBLISH)
    if spindle.published_version is None:
        raise Conflict("No version of it is published.", code="not_published")
    if not resting and spindle.live_status != SpindleStatus.ACTIVE:
        raise InvalidTransition(str(spindle.live_status), detail="The live version is at rest.")
    return spindle


def _schedules(spindle: Spindle) -> list[SpindleTrigger]:
    rows = SpindleTrigger.objects.of_spindle(spindle.organization_id, spindle.pk)
    return list(rows.filter(kind=TriggerKind.SCHEDULE).select_for_update(of=("self",), no_key=True))


def _silence(actor: Actor, rows: list[SpindleTrigger]) -> None:
    for row in rows:
        if row.state != TriggerState.REMOVED:
            row.state, row.next_at = TriggerState.REMOVED, None
            row.save(update_fields=["state", "next_at", "updated_at"])
            tell_of_schedule(actor, row, "WorkflowScheduleRemoved")


def _new(spindle: Spindle) -> SpindleTrigger:
    return SpindleTrigger(
        organization_id=spindle.organization_id,
        spindle_id=spindle.pk,
        key=KEY,
        kind=TriggerKind.SCHEDULE,
        origin=TriggerOrigin.SCHEDULE,
    )
