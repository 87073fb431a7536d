"""Stopping runs, holding them and letting them go on."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import Conflict
from spindles.choices import LogLevel, SkipReason, StepStatus
from spindles.engine.ending import cancel_run
from spindles.engine.slots import give_slot_back
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import reopen, set_aside, wait_for_items
from spindles.models import Execution
from spindles.services.acting import FAILED, PAUSED, PENDING, RUNNING, acting, wake
from spindles.services.snapshots import find_snapshot, rewind

_FOLLOWED_FROM_FAILURE = frozenset(
    {
        SkipReason.DEPENDENCY_FAILED,
        SkipReason.DEPENDENCY_CANCELLED,
        SkipReason.PREVIOUS_FAILED,
        SkipReason.RUN_STOPPED,
    }
)


def cancel_execution(*, actor: Actor, pk: UUID, reason: str = "") -> Execution:
    """End a run and the runs it started, now; what a stopped handler still yields is thrown away.

    Raises `NotFound`, `Forbidden`, `InvalidTransition`.
    """
    with acting(actor, pk, PENDING, RUNNING, PAUSED) as run:
        cancel_run(run, by=actor, reason=reason)
    return run.row


def pause_execution(*, actor: Actor, pk: UUID) -> Execution:
    """Let no further step of a run start; a handler at work finishes and its result is kept.

    Where it stands is written down. Raises `NotFound`, `Forbidden`, `InvalidTransition`.
    """
    with acting(actor, pk, PENDING, RUNNING) as run:
        row = run.row
        row.status = PAUSED
        row.wake_at = row.queued_at = row.snapshot_at = None
        give_slot_back(run)
        run.change.snapshot = True
        run.record_run("WorkflowExecutionPaused")
        run.log(LogLevel.INFO, "The run was paused.")
    return run.row


def resume_execution(
    *,
    actor: Actor,
    pk: UUID,
    snapshot: int | None = None,
    skip_failed_steps: bool = False,
) -> Execution:
    """Let a paused or failed run go on, at first back to a snapshot where one is named.

    Failed steps are tried again with a fresh allowance, or skipped where that is asked for; what
    was skipped because of them is pending again. Completed steps stay as they are. Raises
    `NotFound`, `Forbidden`, `InvalidTransition`, and `Conflict` (`nothing_to_resume`).
    """
    with acting(actor, pk, PAUSED, FAILED) as run:
        had_failed = run.row.status == FAILED
        if snapshot is not None:
            rewind(run, find_snapshot(pk, snapshot))
        steps = list(_to_resume(run))
        for step in steps:
            if skip_failed_steps and step.status == StepStatus.FAILED:
                set_aside(run, step, SkipReason.MANUAL)
            else:
                _reopen(run, step)
        open_ = any(not step.settled for step in run.steps.values())
        if had_failed and not (steps or open_):
            raise Conflict("Nothing is left to do.", code="nothing_to_resume")
        _go_on(run)
        run.record_run("WorkflowExecutionResumed", snapshot=snapshot)
        run.log(LogLevel.INFO, "The run was resumed.")
    return run.row


def _to_resume(run: Run) -> Iterator[StepState]:
    """Yield the steps that failed, and those that were skipped because of one, in their order.

    What was skipped with its container comes along where the container does.
    """
    taken: set[str] = set()
    for step in run.drawn():
        planned = run.plan.by_id[step.step_id]
        opened_by = planned.closes or planned.parent
        with_container = step.reason == SkipReason.CONTAINER_SKIPPED and opened_by in taken
        caused = step.status == StepStatus.SKIPPED and step.reason in _FOLLOWED_FROM_FAILURE
        if step.status == StepStatus.FAILED or caused or with_container:
            taken.add(step.step_id)
            yield step


def _reopen(run: Run, step: StepState) -> None:
    """Make a step pending; a map whose items are there goes on with those that did not end well."""
    items = run.items_of(step.step_id)
    wait = step.wait
    reopen(run, step)
    if not items or "params" not in wait:
        return
    wait_for_items(run, step, wait)
    for item in items[: wait.get("count")]:
        if item.status in (StepStatus.FAILED, StepStatus.SKIPPED):
            reopen(run, item)


def _go_on(run: Run) -> None:
    row = run.row
    row.status = RUNNING if row.started_at is not None else PENDING
    row.status_reason = ""
    row.error = None
    row.completed_at = None
    if row.timeout and row.started_at is not None:
        overdue = row.deadline_at is None or row.deadline_at <= run.now
        row.deadline_at = run.now + timedelta(seconds=row.timeout) if overdue else row.deadline_at
    wake(run)
