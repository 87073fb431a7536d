"""Going on with a run: start what is ready, skip what is blocked, until nothing more can be done.

Short kinds are done on the spot, many of them in one transaction: what they did is committed
together, and were it lost, doing it again would do no harm, because they touch nothing outside.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from spindles.choices import ExecutionStatus, LogLevel, StepStatus
from spindles.engine.ending import end_overdue, end_run
from spindles.engine.readiness import START, WAIT, judge, starting_order
from spindles.engine.state import Run, StepState
from spindles.engine.stepping import Job, start_step
from spindles.engine.transitions import skip
from spindles.engine.waits import look_at_steps

BATCH_SECONDS = 0.05
"""A transaction starts no further step after so long, so that others can look at the run."""


@dataclass(slots=True)
class Progress:
    """What one transaction came to: jobs to be done outside, and whether there is more to start.

    `left` counts the ready steps for which no process was free here.
    """

    jobs: list[Job] = field(default_factory=list)
    more: bool = False
    left: int = 0


@dataclass(slots=True)
class _Budget:
    """How much one transaction may still do."""

    steps: int
    until: float
    processes: int

    @property
    def spent(self) -> bool:
        return self.steps <= 0 or time.monotonic() > self.until


def go_on(run: Run, *, worker: str, processes: int) -> Progress:
    """Do all that can be done now, with at most so many new jobs for processes."""
    if run.row.deadline_at is not None and run.row.deadline_at <= run.now:
        end_overdue(run)
        return Progress()
    steps = settings.ENGINE_BATCH_STEPS
    budget = _Budget(steps, time.monotonic() + BATCH_SECONDS, processes)
    progress = Progress()
    look_at_steps(run)
    while _pass(run, worker, budget, progress) and not progress.more:
        look_at_steps(run)
    if not progress.more and run.row.status == ExecutionStatus.RUNNING:
        _close(run)
    return progress


def _pass(run: Run, worker: str, budget: _Budget, progress: Progress) -> bool:
    """Skip what is blocked and start what is ready, once through; True where something changed."""
    changed = _skip_blocked(run)
    progress.left = 0
    for step, may_start in _ready(run):
        if not may_start():
            continue
        if budget.spent:
            progress.more = True
            return changed
        started = start_step(run, step, worker=worker, outside=budget.processes > 0)
        if started is False:
            progress.left += 1
            continue
        changed = True
        budget.steps -= 1
        if isinstance(started, Job):
            progress.jobs.append(started)
            budget.processes -= 1
    return changed


def _skip_blocked(run: Run) -> bool:
    """Skip the pending steps that nothing can start any more, and what follows from that."""
    changed = False
    for step in run.drawn():  # in the order of the plan, so that one time through is mostly enough
        if step.status != StepStatus.PENDING:
            continue
        reason = judge(run, step).skip
        if reason is not None:
            skip(run, step, reason)
            changed = True
    return changed


def _ready(run: Run) -> list[tuple[StepState, Callable[[], bool]]]:
    """Return the ready steps in the order in which they start.

    Each comes with a question to be asked right before: what started meanwhile may have filled its
    group, or skipped it.
    """
    drawn = [s for s in run.drawn() if s.status == StepStatus.PENDING and judge(run, s) is START]
    found: list[tuple[StepState, Callable[[], bool]]] = [
        (step, lambda step=step: judge(run, step) is START)  # type: ignore[misc]
        for step in starting_order(run, drawn)
    ]
    for owner in run.steps.values():
        if owner.status == StepStatus.WAITING and owner.wait_kind == "items":
            found += [
                (item, lambda item=item, owner=owner: _item_may_start(run, owner, item))  # type: ignore[misc]
                for item in run.items_of(owner.step_id)
                if item.status == StepStatus.PENDING
            ]
    return found


def _item_may_start(run: Run, owner: StepState, item: StepState) -> bool:
    if item.next_attempt_at is not None and item.next_attempt_at > run.now:
        return False
    limit = owner.wait.get("concurrency")
    return limit is None or sum(one.at_work for one in run.items_of(owner.step_id)) < limit


def _close(run: Run) -> None:
    """End the run where all has settled; where nothing can ever settle, say so and end it."""
    drawn = list(run.drawn())
    if all(step.settled for step in drawn):
        end_run(run)
        return
    if any(step.at_work or step.next_attempt_at is not None for step in run.steps.values()):
        return
    blocked = [step for step in drawn if step.status == StepStatus.PENDING]
    if any(judge(run, step) is not WAIT for step in blocked):
        return  # it is ready: a process was missing here
    for step in blocked:
        run.log(LogLevel.ERROR, "Nothing can start this step any more.", step)
        skip(run, step, "dependency_failed")
    end_run(run)
