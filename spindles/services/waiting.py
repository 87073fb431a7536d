"""Giving steps the events that they wait for."""

from uuid import UUID

from node_links.events.envelope import Event
from spindles.choices import LogLevel, StepStatus
from spindles.engine.doorbell import ring_on_commit
from spindles.engine.loading import open_run
from spindles.engine.saving import save_run
from spindles.engine.state import FEATURE, Run, StepState
from spindles.engine.variables import variables_of
from spindles.expressions.conditions import ConditionError, holds
from spindles.models import Execution, ExecutionStep
from spindles.services.triggers.reacting import envelope_of


def answer_steps(event: Event) -> int:
    """Give `event` to the steps of its organisation that wait for it; return how many there were.

    Runs in a transaction of the platform's own scope. The runs are locked in the order of their
    ids, which is that from above to below. What a replay says is no answer.
    """
    rows = ExecutionStep.objects.filter(
        organization_id=event.organization_id,
        wait_event=event.event_type,
        status=StepStatus.WAITING,
    )
    runs = sorted(set(rows.values_list("execution_id", flat=True)))
    if not runs or _is_rehearsed(event):
        return 0
    return sum(_answer(run_id, event) for run_id in runs)


def _is_rehearsed(event: Event) -> bool:
    """Return whether the event comes from a run that has no effect."""
    keys = [event.entity_id] if event.feature_type == FEATURE else []
    if event.execution_id is not None:
        keys.append(event.execution_id)
    return any(not row.feeds_production for row in Execution.objects.filter(pk__in=keys))


def _answer(run_id: UUID, event: Event) -> int:
    run = open_run(run_id)
    if run is None or not run.row.is_open:
        return 0
    answered = [step for step in run.steps.values() if _takes(run, step, event)]
    for step in answered:
        step.wait = {**step.wait, "event": envelope_of(event)}
        run.touch(step)
    if run.has_changed:
        save_run(run)
    if answered:
        ring_on_commit(run.row.organization_id, run.row.pk)
    return len(answered)


def _takes(run: Run, step: StepState, event: Event) -> bool:
    """Return whether a step waits for this event: the first one since it began to wait."""
    if step.status != StepStatus.WAITING or step.wait_event != event.event_type:
        return False
    if "event" in step.wait or step.started_at is None or event.timestamp < step.started_at:
        return False
    match = step.wait.get("match")
    if match is None:
        return True
    try:
        return holds(match, {**variables_of(run, step), "event": envelope_of(event)})
    except ConditionError as error:
        message = f"The event {event.id} was passed over: {error}"
        run.log(LogLevel.WARNING, message, step)
        return False
