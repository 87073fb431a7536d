"""Starting what is due by schedules: once for each planned time, however many processes look.

A schedule that is due is locked, its planned time is claimed by a row that there can be once, and
the run, the row and the next planned time are committed together. A process that dies in between
leaves nothing, and the next second another one does it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from config.exceptions import DomainError
from node_links.events.recording import record_event
from spindles.choices import CatchUp, FiringOutcome, Overlap
from spindles.models import Spindle, SpindleTrigger, TriggerFiring
from spindles.services.triggers.firings import (
    claim_firing,
    note_not_started,
    note_started,
    reason_of,
)
from spindles.services.triggers.starting import acting_for, aggregate_of, start_run
from spindles.triggers.schedules import latest_time, next_time, occurrences

logger = structlog.get_logger(__name__)

SCHEDULES_A_ROUND = 200
TIMES_A_ROUND = 50
"""Planned times that one schedule makes up for before the others have their turn."""
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a due schedule does now: the planned time it stands for, and what comes after it.

    `missed` counts the planned times before that one which are not made up for. Without `fires`
    that one is not either.
    """

    planned: datetime
    fires: bool
    missed: int
    next_at: datetime | None


def fire_due_schedules(*, now: datetime | None = None) -> int:
    """Start what is due, of all organisations; return how many planned times were dealt with.

    A schedule that cannot be dealt with is told in the log, tried again with the next call, and in
    nobody's way.
    """
    moment = now or timezone.now()
    with system_scope():
        due = SpindleTrigger.objects.due(moment).order_by("next_at", "pk")
        found = list(due.values_list("spindle_id", "pk")[:SCHEDULES_A_ROUND])
    return sum(_fire_times(spindle_id, pk, moment) for spindle_id, pk in found)


def _fire_times(spindle_id: UUID, pk: UUID, moment: datetime) -> int:
    turns = (_fire(spindle_id, pk, moment) for _ in range(TIMES_A_ROUND))
    try:
        return sum(1 for _ in takewhile(bool, turns))
    except Exception:  # noqa: BLE001 - whatever it is, the other schedules are due as well
        logger.exception("schedule_failed", trigger_id=str(pk))
        return 0


def _fire(spindle_id: UUID, pk: UUID, moment: datetime) -> bool:
    """Deal with one planned time of a schedule; return whether there was one for us.

    The spindle is locked before its schedule, as it is by who publishes it: whoever comes second
    does not wait, and looks again in a second.
    """
    with system_scope():
        spindles = Spindle.all_objects.select_for_update(skip_locked=True, no_key=True)
        if spindles.filter(pk=spindle_id).values_list("pk").first() is None:
            return False
        due = SpindleTrigger.objects.due(moment).filter(pk=pk)
        trigger = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if trigger is None or trigger.next_at is None:
            return False
        turn = _turn(trigger.config, trigger.next_at, moment)
        SpindleTrigger.objects.filter(pk=pk).update(next_at=turn.next_at)
        firing = claim_firing(trigger, planned_at=turn.planned, missed=turn.missed)
        if firing is not None:
            _start(trigger, firing, turn)
    return True


def _turn(config: dict[str, str], first: datetime, moment: datetime) -> _Turn:
    cron, zone = config["cron"], config["timezone"]
    if config["catch_up"] == CatchUp.ALL:
        return _Turn(first, True, 0, next_time(cron, zone, after=first))
    latest = latest_time(cron, zone, first=first, until=moment)
    missed = 0
    if latest != first:
        between = takewhile(lambda planned: planned < latest, _from(cron, zone, first))
        missed = sum(1 for _ in islice(between, _MOST_COUNTED))
    grace = timedelta(seconds=settings.SCHEDULE_GRACE_SECONDS)
    fires = config["catch_up"] == CatchUp.LATEST or latest >= moment - grace
    return _Turn(latest, fires, missed, next_time(cron, zone, after=latest))


def _from(cron: str, zone: str, first: datetime) -> Iterator[datetime]:
    yield first
    yield from occurrences(cron, zone, after=first)


def _start(trigger: SpindleTrigger, firing: TriggerFiring, turn: _Turn) -> None:
    if not turn.fires:
        note_not_started(firing, FiringOutcome.SKIPPED, "missed: nothing ran at this time.")
        return
    if trigger.config["overlap"] == Overlap.SKIP and _is_busy(trigger):
        reason = "overlap: a run that the schedule started is still open."
        note_not_started(firing, FiringOutcome.SKIPPED, reason)
        return
    actor = acting_for(trigger.organization_id)
    planned = turn.planned.isoformat()
    try:
        with scope(actor):
            execution = start_run(trigger=trigger, facts={"planned_at": planned})
            note_started(firing, execution)
            record_event(
                actor=actor,
                entity=aggregate_of(trigger.organization_id, trigger.spindle_id),
                event_type="ScheduledWorkflowTriggered",
                data={
                    "workflow_id": str(trigger.spindle_id),
                    "execution_id": str(execution.pk),
                    "schedule": {"id": trigger.key, **trigger.config},
                    "planned_at": planned,
                },
            )
    except DomainError as refusal:
        note_not_started(firing, FiringOutcome.REFUSED, reason_of(refusal))


def _is_busy(trigger: SpindleTrigger) -> bool:
    return TriggerFiring.objects.open_runs_of(trigger.spindle_id).exists()
