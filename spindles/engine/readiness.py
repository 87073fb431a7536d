"""Whether a pending step may start, must wait, or is skipped. Pure.

A dependency is seen by its dependent as good (completed), idle (skipped on purpose, or not meant to
run), failed, cancelled, or open. The three ways to join say what follows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from spindles.choices import SkipReason, StepStatus
from spindles.engine.state import Run, StepState
from spindles.plans.plan import Step


class Seen(Enum):
    """How a dependent sees a dependency."""

    GOOD = "good"
    IDLE = "idle"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a pending step: `skip` with a reason, `start`, or neither: wait."""

    start: bool = False
    skip: str | None = None


WAIT = Verdict()
START = Verdict(start=True)

_SKIPPED = {
    SkipReason.CONDITION_FALSE: Seen.IDLE,
    SkipReason.MANUAL: Seen.IDLE,
    SkipReason.INACTIVE: Seen.IDLE,
    SkipReason.DEPENDENCY_CANCELLED: Seen.CANCELLED,
}
_ENDED = {
    StepStatus.COMPLETED: Seen.GOOD,
    StepStatus.FAILED: Seen.FAILED,
    StepStatus.CANCELLED: Seen.CANCELLED,
}


def seen(step: StepState) -> Seen:
    """Return how the dependents of a step see it."""
    if step.status == StepStatus.SKIPPED:
        return _SKIPPED.get(SkipReason(step.reason or SkipReason.MANUAL), Seen.FAILED)
    return _ENDED.get(StepStatus(step.status), Seen.OPEN)


def judge(run: Run, step: StepState) -> Verdict:
    """Return what is to become of a pending step of the plan, its condition not yet asked."""
    planned = run.plan.by_id[step.step_id]
    if step.next_attempt_at is not None and step.next_attempt_at > run.now:
        return WAIT
    if step.last_try:
        return START if _others_are_through(run, planned) else WAIT
    verdict = _joined(planned, [seen(run.steps[name]) for name in planned.depends_on])
    if verdict is not START:
        return verdict
    reason = _held_back(run, planned)
    if reason is not None:
        return Verdict(skip=reason)
    return START if _group_has_room(run, planned) else WAIT


def has_failed(run: Run, names: Iterable[str]) -> bool:
    """Return whether one of these steps has failed."""
    return any(run.steps[name].status == StepStatus.FAILED for name in names)


def _joined(planned: Step, views: list[Seen]) -> Verdict:
    if planned.join == "all_done":
        return WAIT if Seen.OPEN in views else START
    if planned.join == "any" and views:
        return _any_of(views)
    if Seen.FAILED in views:
        return Verdict(skip=SkipReason.DEPENDENCY_FAILED)
    if Seen.CANCELLED in views:
        return Verdict(skip=SkipReason.DEPENDENCY_CANCELLED)
    return WAIT if Seen.OPEN in views else START


def _any_of(views: list[Seen]) -> Verdict:
    if Seen.GOOD in views:
        return START
    if Seen.OPEN in views:
        return WAIT
    if Seen.IDLE in views:
        return START
    failed = Seen.FAILED in views
    reason = SkipReason.DEPENDENCY_FAILED if failed else SkipReason.DEPENDENCY_CANCELLED
    return Verdict(skip=reason)


def _held_back(run: Run, planned: Step) -> str | None:
    """Return why a step that is ready does not run after all."""
    if planned.closes is not None:
        opening = run.steps[planned.closes]
        return opening.reason if opening.status == StepStatus.SKIPPED else None
    if planned.parent is not None and run.steps[planned.parent].status != StepStatus.COMPLETED:
        return SkipReason.CONTAINER_SKIPPED
    if planned.inactive:
        return SkipReason.INACTIVE
    for guard in planned.guards:
        if has_failed(run, guard.steps):
            return guard.reason
    return SkipReason.RUN_STOPPED if has_failed(run, run.plan.stoppers) else None


def _group_has_room(run: Run, planned: Step) -> bool:
    """Return whether the group lets one more of its steps run: this one, by its rank."""
    if planned.group is None:
        return True
    members = run.plan.members[planned.group]
    return sum(run.steps[name].at_work for name in members) < run.plan.limits[planned.group]


def _others_are_through(run: Run, planned: Step) -> bool:
    """Return whether the rest of the phase has ended, or waits for its last try as well."""
    others = [run.steps[name] for name in planned.last_try_after]
    return all(other.settled or _waits_for_last_try(other) for other in others)


def _waits_for_last_try(step: StepState) -> bool:
    return step.last_try and step.status == StepStatus.PENDING


def starting_order(run: Run, steps: Iterable[StepState]) -> list[StepState]:
    """Return ready steps as they start: the higher priority first, then rank, then declaration."""

    def key(step: StepState) -> tuple[int, int, int]:
        planned = run.plan.by_id[step.step_id]
        return -planned.priority, planned.rank, step.position

    return sorted(steps, key=key)
