"""Going on with a run: start what is ready, skip what is blocked, until nothing more can be done.

Short kinds are done on the spot, many of them in one transaction: what they did is committed
together, and were it lost, doing it again would do no harm, because they touch nothing outside.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from django.conf import settings

from spindles.choices import ExecutionStatus, LogLevel, StepStatus
from spindles.engine.ending import end_overdue, end_run
from spindles.engine.readiness import START, WAIT, judge, starting_order
from spindles.engine.state import Run, StepState
from spindles.engine.stepping import Job, start_step
from spindles.engine.transitions import skip
from spindles.engine.waits import look_at_maps, look_at_steps

BATCH_SECONDS = 0.05
"""A transaction starts no further step after so long, so that others can look at the run."""


@dataclass(slots=True)
class Progress:
    """What one transaction came to: jobs to be done outside, and whether there is more to start.

    `left` are the ready steps for which no process was free here.
    """

    jobs: list[Job] = field(default_factory=list)
    more: bool = False
    left: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Budget:
    """How much one transaction may still do."""

    steps: int
    until: float
    processes: int
    begun: bool = False

    @property
    def spent(self) -> bool:
        # One is always started: to look at a thousand steps may take all the time there is.
        return self.begun and (self.steps <= 0 or time.monotonic() > self.until)


def go_on(
    run: Run, *, worker: str, processes: int, mine: Collection[tuple[str, int]] = ()
) -> Progress:
    """Do all that can be done now, with at most so many new jobs for processes.

    `mine` are the tries (step, number) that are at work here: they are not lost.
    """
    if run.row.deadline_at is not None and run.row.deadline_at <= run.now:
        end_overdue(run)
        return Progress()
    steps = settings.ENGINE_BATCH_STEPS
    budget = _Budget(steps, time.monotonic() + BATCH_SECONDS, processes)
    progress = Progress()
    look_at_steps(run, mine)
    run.take_stirred()
    candidates = list(run.drawn())
    while candidates:
        _round(run, candidates, worker, budget, progress)
        if progress.more:
            return progress
        candidates = _next_candidates(run)
    if run.row.status == ExecutionStatus.RUNNING:
        _close(run)
    return progress


def _round(
    run: Run, candidates: list[StepState], worker: str, budget: _Budget, progress: Progress
) -> None:
    """Skip those of the candidates that are blocked, and start those that are ready."""
    for step in _ready(run, candidates):
        if not _may_start(run, step):
            continue  # what started meanwhile has filled its group, or skipped it
        if budget.spent:
            progress.more = True
            return
        started = start_step(run, step, worker=worker, outside=budget.processes > 0)
        if started is False:
            progress.left.add(step.step_id)
            continue
        budget.steps, budget.begun = budget.steps - 1, True
        if isinstance(started, Job):
            progress.jobs.append(started)
            budget.processes -= 1


def _next_candidates(run: Run) -> list[StepState]:
    """Return the steps whose readiness may have changed with the last round."""
    changed = run.take_stirred()
    look_at_maps(run, changed)
    changed += run.take_stirred()
    plan = run.plan
    if any(step.step_id in plan.stoppers and step.status == StepStatus.FAILED for step in changed):
        return list(run.drawn())
    names = {
        name: None
        for step in changed
        for name in (step.step_id, *plan.affected.get(step.step_id, ()))
    }
    return [run.steps[name] for name in names]


def _ready(run: Run, candidates: list[StepState]) -> list[StepState]:
    """Skip the candidates that nothing can start any more; return the ready ones in order.

    Behind them come the items of maps that are under way.
    """
    ready = []
    for step in candidates:
        if step.status != StepStatus.PENDING or step.item_of is not None:
            continue
        verdict = judge(run, step)
        if verdict.skip is not None:
            skip(run, step, verdict.skip)
        elif verdict is START:
            ready.append(step)
    found = starting_order(run, ready)
    for owner in run.maps:
        found += [item for item in run.items_of(owner.step_id) if item.status == StepStatus.PENDING]
    return found


def _may_start(run: Run, step: StepState) -> bool:
    if step.item_of is not None:
        return _item_may_start(run, run.steps[step.item_of], step)
    return step.status == StepStatus.PENDING and judge(run, step) is START


def _item_may_start(run: Run, owner: StepState, item: StepState) -> bool:
    if item.status != StepStatus.PENDING:
        return False
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
