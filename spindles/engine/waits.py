"""Looking at steps that wait: has come what they wait for, or is their time over?"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from spindles.choices import Category, ExecutionStatus, LogLevel, StepStatus, WaitKind
from spindles.engine.children import taken_back
from spindles.engine.directives import finish
from spindles.engine.ending import cancel_child
from spindles.engine.loading import read_leases
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import fail_as_planned, interrupt, skip
from spindles.engine.variables import output_of
from spindles.models import Execution
from spindles.registry.results import StepError


def look_at_steps(run: Run, mine: Collection[tuple[str, int]] = ()) -> None:
    """Take over what was lost, and end the waits that are over; `mine` is not lost."""
    steps = list(run.steps.values())
    waiting = [step for step in steps if step.status == StepStatus.WAITING]
    overdue = [
        step
        for step in steps
        if _is_overdue(run, step) and (step.step_id, step.attempt) not in mine
    ]
    read_leases(run, overdue)  # they may have been renewed since the run was read
    for step in overdue:
        if _is_overdue(run, step):
            interrupt(run, step)
    children = _children(run, waiting)
    for step in waiting:
        _look(run, step, children)


def _is_overdue(run: Run, step: StepState) -> bool:
    running = step.status == StepStatus.RUNNING
    return running and step.lease_until is not None and step.lease_until <= run.now


def look_at_maps(run: Run, changed: Iterable[StepState]) -> None:
    """End the maps whose last item is among the steps that have changed."""
    for name in {step.item_of for step in changed if step.item_of is not None}:
        if run.steps[name].status == StepStatus.WAITING:
            _look(run, run.steps[name], {})


def _look(run: Run, step: StepState, children: dict[str, Execution]) -> None:
    try:
        if step.wait_kind == WaitKind.ITEMS:
            _look_at_items(run, step)
        elif step.wait_kind == WaitKind.CHILD and step.wait_child in children:
            _take_child(run, step, children[step.wait_child])
        elif step.wait_kind == WaitKind.EVENT and "event" in step.wait:
            finish(run, step, step.wait["event"])
        elif step.wait_until is not None and step.wait_until <= run.now:
            if step.wait_kind == WaitKind.DELAY:
                finish(run, step, None)
            else:
                if step.wait_child is not None:
                    cancel_child(UUID(step.wait_child), by=None, reason="Its time was over.")
                raise _expired(step)
    except StepError as error:
        fail_as_planned(run, step, error, tried_again=step.wait_kind == WaitKind.CHILD)


def _expired(step: StepState) -> StepError:
    return StepError(
        "expired",
        "What the step waited for did not come in time.",
        category=Category.TIMEOUT,
        retryable=step.wait_kind == WaitKind.CHILD,
    )


def _children(run: Run, waiting: list[StepState]) -> dict[str, Execution]:
    """Return the runs that steps wait for and that have ended, by id."""
    keys = [step.wait_child for step in waiting if step.wait_child is not None]
    if not keys:
        return {}
    ended = (ExecutionStatus.COMPLETED, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED)
    rows = Execution.objects.filter(pk__in=keys, status__in=ended)
    return {str(row.pk): row for row in rows}


def _take_child(run: Run, step: StepState, child: Execution) -> None:
    if child.status == ExecutionStatus.COMPLETED:
        outputs = taken_back(child.source_feature, child.outputs, step.wait.get("narrow", {}))
        step_used = list(step.used)
        finish(run, step, outputs)
        step.used = step_used
        return
    inner = child.error or {}
    ended = "was cancelled" if child.status == ExecutionStatus.CANCELLED else "failed"
    raise StepError(
        f"child_{child.status}",
        f"The run of {child.source_name} {ended}: {inner.get('message', child.status_reason)}",
        retryable=child.status == ExecutionStatus.FAILED and bool(inner.get("retryable", True)),
        details={"execution_id": str(child.pk)},
    )


def _look_at_items(run: Run, step: StepState) -> None:
    """End a map whose items have all settled; after a failure that counts, start no more."""
    items = run.items_of(step.step_id)[: step.wait.get("count")]
    collect = step.wait["on_item_error"] == "collect"
    failed = [item for item in items if item.status == StepStatus.FAILED]
    if failed and not collect:
        for item in items:
            if item.status == StepStatus.PENDING:
                skip(run, item, "previous_failed")
    if not all(item.settled for item in items):
        return
    if failed and not collect:
        first = failed[0].error or {}
        raise StepError(
            "item_failed",
            f"Item {failed[0].item_index}: {first.get('message', '')}",
            category=Category(first.get("category", Category.EXECUTION)),
            retryable=False,
            details={"failed": [item.item_index for item in failed]},
        )
    if failed:
        run.log(LogLevel.WARNING, f"{len(failed)} of {len(items)} items failed.", step)
    finish(run, step, [_yield_of(run, item) for item in items])


def _yield_of(run: Run, item: StepState) -> Any:
    if item.status == StepStatus.COMPLETED:
        return output_of(run, item)
    return {"error": item.error} if item.error else None
