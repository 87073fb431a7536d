"""The end of a run: its outputs, its error, and who hears of it."""

from typing import Any, cast
from uuid import UUID

from accounts.actors import Actor
from config.request_context import inside_execution
from spindles.choices import Category, ExecutionStatus, LogLevel, StepStatus
from spindles.engine import failures
from spindles.engine.comparing import compare_replay
from spindles.engine.doorbell import ring_on_commit
from spindles.engine.loading import open_run
from spindles.engine.outputs import for_row, told_in_event
from spindles.engine.saving import save_run
from spindles.engine.slots import give_slot_back
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import cancel
from spindles.engine.variables import output_of, variables_of
from spindles.expressions.templates import TemplateError, render
from spindles.models import Execution
from spindles.registry.runnables import runnables

_EMPTY: tuple[Any, ...] = (None, {}, [], "")


def end_run(run: Run) -> None:
    """End a run whose steps have all settled: well, unless one of them failed."""
    failed = [step for step in run.drawn() if step.status == StepStatus.FAILED]
    row = run.row
    row.outputs = outputs_of(run)
    if failed:
        row.error = _why(run, failed)
        fail_run(run, [_shown(run, step) for step in failed])
        return
    _end(run, ExecutionStatus.COMPLETED)
    seconds = row.duration_seconds or 0.0
    told = told_in_event(row.outputs)
    run.record_run("WorkflowExecutionCompleted", duration_seconds=seconds, **told)
    run.log(LogLevel.INFO, "The run is completed.")


def end_overdue(run: Run) -> None:
    """End a run whose time is over: what is open is cancelled, and the run has failed."""
    close_open_steps(run)
    cancel_children(run, by=None, reason="The time of the run above it was over.")
    row = run.row
    row.outputs = outputs_of(run)
    row.error = failures.of_run(
        "run_timeout",
        f"The run took longer than {row.timeout:g} seconds.",
        category=Category.TIMEOUT,
        step_ids=[],
        correlation_id=row.correlation_id,
    )
    fail_run(run, [])


def end_broken(run: Run, reason: str) -> None:
    """End a run that the engine cannot go on with: what is open is cancelled."""
    close_open_steps(run)
    cancel_children(run, by=None, reason="The run above it could not go on.")
    row = run.row
    row.error = failures.of_run(
        "engine_error",
        f"The run could not go on ({reason}).",
        category=Category.EXECUTION,
        step_ids=[],
        correlation_id=row.correlation_id,
    )
    fail_run(run, [])


def fail_run(run: Run, step_ids: list[str]) -> None:
    """End a run badly; why stands in its row. It is written down where it stood."""
    _end(run, ExecutionStatus.FAILED)
    run.change.snapshot = True
    failed = list(dict.fromkeys(step_ids))
    run.record_run("WorkflowExecutionFailed", error=run.row.error, failed_step_ids=failed)
    run.log(LogLevel.ERROR, (run.row.error or {}).get("message", "The run failed."))


def cancel_run(run: Run, *, by: Actor | None, reason: str) -> None:
    """End a run by hand: what is open is cancelled, and the runs it started are as well."""
    close_open_steps(run)
    cancel_children(run, by=by, reason="The run above it was cancelled.")
    run.row.outputs = outputs_of(run)
    run.row.status_reason = reason
    _end(run, ExecutionStatus.CANCELLED)
    cancelled_by = str(by.user_id) if by is not None and by.user_id else None
    run.record_run("WorkflowExecutionCancelled", cancelled_by=cancelled_by, reason=reason or None)
    run.log(LogLevel.WARNING, "The run was cancelled.", data={"reason": reason} if reason else {})


def cancel_children(run: Run, *, by: Actor | None, reason: str) -> None:
    """Cancel the open runs that this one has started, and those that they have.

    Runs are locked from above to below, by everybody.
    """
    below = Execution.objects.filter(parent=run.row.pk).open().order_by("pk")
    for child_id in below.values_list("pk", flat=True):
        cancel_child(child_id, by=by, reason=reason)


def cancel_child(child_id: UUID, *, by: Actor | None, reason: str) -> None:
    """Cancel a run that another one has started, unless it is over, and those below it."""
    child = open_run(child_id)
    if child is None or not child.row.is_open:
        return
    with inside_execution(child_id):
        cancel_run(child, by=by, reason=reason)
        save_run(child, by)


def close_open_steps(run: Run) -> None:
    """Cancel every step that has not settled."""
    for step in list(run.steps.values()):
        if not step.settled:
            cancel(run, step)


def outputs_of(run: Run) -> dict[str, Any]:
    """Return what the run yields: as its plan says, else what each step produced."""
    if run.plan.outputs is None:
        yields = {
            step.step_id: output_of(run, step)
            for step in run.drawn()
            if step.status == StepStatus.COMPLETED and not step.internal
        }
    else:
        yields = dict(_named_outputs(run))
    found = {name: value for name, value in yields.items() if value not in _EMPTY}
    return cast("dict[str, Any]", for_row(found))


def _named_outputs(run: Run) -> Any:
    variables = variables_of(run, None)
    for output in run.plan.outputs or ():
        if output.step is not None:
            step = run.steps[output.step]
            if step.status == StepStatus.COMPLETED:
                yield output.name, output_of(run, step)
            continue
        try:
            yield output.name, render(output.value, variables)
        except TemplateError as error:
            run.log(LogLevel.WARNING, f"The output {output.name} is left out: {error}")


def _end(run: Run, status: ExecutionStatus) -> None:
    row = run.row
    row.status = status
    row.started_at = row.started_at or run.now
    row.completed_at = max(run.now, row.started_at)
    row.queued_at = row.snapshot_at = row.deadline_at = row.wake_at = None
    if row.replay_of_id is not None:
        compare_replay(run)
    give_slot_back(run)
    runnable = runnables.find(row.source_feature)
    if runnable is not None and runnable.ended is not None:
        runnable.ended(row)
    if row.parent_id is not None:
        ring_on_commit(row.organization_id, row.parent_id)


def _why(run: Run, failed: list[StepState]) -> dict[str, Any]:
    first = failed[0].error or {}
    ids = list(dict.fromkeys(_shown(run, step) for step in failed))
    named = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
    return {
        **first,
        "message": f"{len(ids)} step{'s' if len(ids) != 1 else ''} failed ({named}): "
        f"{first.get('message', '')}",
        "step_ids": ids,
        "correlation_id": run.row.correlation_id,
    }


def _shown(run: Run, step: StepState) -> str:
    """Return the id under which people know a step: an opening belongs to what it opens."""
    if not step.internal:
        return step.step_id
    closing = (one.id for one in run.plan.steps if one.closes == step.step_id)
    return next(closing, step.step_id)
