"""Whether a pending step may start, must wait, or is skipped. Pure.

A dependency is seen by its dependent as good (completed), idle (skipped on purpose, or not meant to
run), failed, cancelled, stopped (with the whole run), or open. The three ways to join say what
follows.
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
    STOPPED = "stopped"
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
    SkipReason.RUN_STOPPED: Seen.STOPPED,
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
        through = _others_are_through(run, planned) and _group_has_room(run, planned)
        return START if through else WAIT
    verdict = _joined(planned, [_seen_by(planned, run.steps[name]) for name in planned.depends_on])
    if verdict is not START:
        return verdict
    # What has begun goes on: it is not held back between its tries.
    reason = None if step.failures or step.interruptions else _held_back(run, planned)
    if reason is not None:
        return Verdict(skip=reason)
    return START if _group_has_room(run, planned) else WAIT


def _seen_by(planned: Step, dependency: StepState) -> Seen:
    """Return how a step sees a dependency: one of its own phase that waits for its last try is no
    longer waited for.
    """
    if _waits_for_last_try(dependency) and dependency.step_id in planned.last_try_after:
        return Seen.FAILED
    return seen(dependency)


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
    if Seen.STOPPED in views:
        return Verdict(skip=SkipReason.RUN_STOPPED)
    return WAIT if Seen.OPEN in views else START


def _any_of(views: list[Seen]) -> Verdict:
    if Seen.GOOD in views:
        return START
    if Seen.OPEN in views:
        return WAIT
    if Seen.IDLE in views:
        return START
    if Seen.FAILED in views:
        return Verdict(skip=SkipReason.DEPENDENCY_FAILED)
    stopped = Seen.STOPPED in views
    return Verdict(skip=SkipReason.RUN_STOPPED if stopped else SkipReason.DEPENDENCY_CANCELLED)


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
        if any(_has_failed_so_far(run.steps[name]) for name in guard.steps):
            return guard.reason
    return SkipReason.RUN_STOPPED if has_failed(run, run.plan.stoppers) else None


def _group_has_room(run: Run, planned: Step) -> bool:
    """Return whether the group lets one more of its steps run: this one, by its rank."""
    if planned.group is None:
        return True
    members = run.plan.members[planned.group]
    return sum(run.steps[name].at_work for name in members) < run.plan.limits[planned.group]


def _others_are_through(run: Run, planned: Step) -> bool:
    """Return whether the rest of the phase has ended, or is at its last try as well.

    Where the steps of the phase depend on each other, the last tries of those before it are over.
    """
    others = [run.steps[name] for name in planned.last_try_after if name != planned.id]
    in_turn = _is_sequence(run, planned.last_try_after)
    return all(other.settled or (other.last_try and _has_turn(run, planned, other, in_turn))
               for other in others)  # fmt: skip


def _has_turn(run: Run, planned: Step, other: StepState, in_turn: bool) -> bool:
    """Return whether a step may have its last try before another one has had it."""
    return not in_turn or run.plan.by_id[other.step_id].rank > planned.rank


def _is_sequence(run: Run, phase: tuple[str, ...]) -> bool:
    members = set(phase)
    return any(not members.isdisjoint(run.plan.by_id[name].depends_on) for name in phase)


def _waits_for_last_try(step: StepState) -> bool:
    return step.last_try and step.status == StepStatus.PENDING


def _has_failed_so_far(step: StepState) -> bool:
    return step.status == StepStatus.FAILED or _waits_for_last_try(step)


def starting_order(run: Run, steps: Iterable[StepState]) -> list[StepState]:
    """Return ready steps as they start: the higher priority first, then declaration.

    Those of a group start together with the priority of the group, among them the lower rank first.
    """

    def key(step: StepState) -> tuple[int, int, int, int]:
        planned = run.plan.by_id[step.step_id]
        leader = run.plan.by_id.get(planned.group) if planned.group is not None else None
        if leader is None:
            return -planned.priority, step.position, 0, 0
        place = run.steps[leader.id].position
        return -leader.priority, place, planned.rank, step.position

    return sorted(steps, key=key)
