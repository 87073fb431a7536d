"""Doing what a kind's result asks for: end the step, wait, start another run, fan out."""

from collections.abc import Mapping
from datetime import timedelta
from functools import singledispatch
from typing import Any

from node_links.choices import FeatureType
from spindles.choices import Category, SkipReason, StepStatus, WaitKind
from spindles.engine.outputs import store_output
from spindles.engine.starting import start_child
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import complete, hand_over, reopen, skip
from spindles.registry.results import (
    AwaitEvent,
    AwaitPerson,
    Done,
    ForEach,
    Result,
    Sleep,
    StartChild,
    StepError,
    Used,
)

MAX_ITEMS = 1000


def follow(run: Run, step: StepState, result: Result) -> None:
    """Do what `result` asks for. Raises `StepError` where that cannot be done."""
    _follow(result, run, step)


def finish(
    run: Run, step: StepState, value: Any, *, used: Any = (), seconds: float | None = None
) -> None:
    """Complete a step with `value`. Raises `StepError` where that cannot be kept."""
    stored = store_output(
        value,
        organization_id=run.row.organization_id,
        execution_id=run.row.pk,
        step_id=step.step_id,
        attempt=step.attempt,
    )
    step.used = [told_use(one) for one in used]
    complete(run, step, stored, seconds=seconds)


def told_use(used: Used) -> dict[str, Any]:
    """Return what a step used, as it is stored."""
    return {
        "feature": used.feature,
        "entity_id": str(used.entity_id),
        "node_id": used.node_id,
        "version": used.version,
        "link_type": used.link_type,
    }


@singledispatch
def _follow(result: Result, run: Run, step: StepState) -> None:
    raise StepError("unknown_result", f"The kind {step.kind} returned {type(result).__name__}.")


@_follow.register
def _(result: Done, run: Run, step: StepState) -> None:
    finish(run, step, result.output, used=result.used)


@_follow.register
def _(result: Sleep, run: Run, step: StepState) -> None:
    until = result.until or run.now + timedelta(seconds=result.seconds or 0)
    if until <= run.now:
        finish(run, step, None)
        return
    hand_over(run, step, WaitKind.DELAY, wait_until=until)


@_follow.register
def _(result: AwaitEvent, run: Run, step: StepState) -> None:
    hand_over(
        run,
        step,
        WaitKind.EVENT,
        wait_event=result.event_type,
        wait_until=_after(run, result.expires_after),
        match=result.match,
    )


@_follow.register
def _(result: AwaitPerson, run: Run, step: StepState) -> None:
    hand_over(
        run,
        step,
        WaitKind.PERSON,
        wait_until=_after(run, result.expires_after),
        title=result.title,
        mode=result.mode,
        description=result.description,
        schema=dict(result.schema),
        assignees=list(result.assignees),
        on_reject=result.on_reject,
        proposal=result.proposal,
    )


@_follow.register
def _(result: StartChild, run: Run, step: StepState) -> None:
    child = start_child(run, step, result)
    step.used = [told_use(_started(child))]
    if not result.wait:
        finish(run, step, {"execution_id": str(child.pk)}, used=[_started(child)])
        return
    hand_over(
        run,
        step,
        WaitKind.CHILD,
        wait_child=str(child.pk),
        wait_until=_after(run, result.expires_after),
        narrow=dict(result.narrow),
    )


@_follow.register
def _(result: ForEach, run: Run, step: StepState) -> None:
    if step.item_of is not None:
        raise _refusal("nested_map", "An item of a map cannot be a map itself.")
    if len(result.items) > MAX_ITEMS:
        raise _refusal("too_many_items", f"{len(result.items)} items; at most {MAX_ITEMS}.")
    if not result.items:
        finish(run, step, [])
        return
    hand_over(
        run,
        step,
        WaitKind.ITEMS,
        item_kind=result.kind,
        params=dict(result.params),
        concurrency=result.concurrency,
        on_item_error=result.on_item_error,
        count=len(result.items),
    )
    _renew_items(run, step, result)
    for index in range(len(run.items_of(step.step_id)), len(result.items)):
        run.add_item(_item(step, result, index, result.items[index]))


def _renew_items(run: Run, step: StepState, result: ForEach) -> None:
    """Begin anew with the items of a map that runs once more; their tries stay as history."""
    for index, item in enumerate(run.items_of(step.step_id)):
        reopen(run, item)
        if index < len(result.items):
            item.item = result.items[index]
        else:
            skip(run, item, SkipReason.MANUAL, "The list has become shorter.")


def _item(step: StepState, result: ForEach, index: int, item: Any) -> StepState:
    return StepState(
        step_id=f"{step.step_id}[{index}]",
        position=step.position,
        kind=result.kind,
        name=f"{step.name} [{index}]"[:255],
        item_of=step.step_id,
        item_index=index,
        item=item,
        status=StepStatus.PENDING,
        output=None,
    )


def _started(child: Any) -> Used:
    """Return the link that a child leaves behind: models are nested, spindles are triggered."""
    nested = child.source_feature == FeatureType.FUNCTION_MODEL
    return Used(
        child.source_feature,
        child.source_id,
        "nested" if nested else "triggers",
        version=child.source_version,
    )


def _after(run: Run, seconds: float | None) -> Any:
    return run.now + timedelta(seconds=seconds) if seconds else None


def _refusal(code: str, message: str, **details: Mapping[str, Any]) -> StepError:
    return StepError(code, message, category=Category.VALIDATION, details=details)
