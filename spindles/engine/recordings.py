"""Replays: what steps with an outside effect did then, they are said to do now."""

from spindles.choices import StepStatus
from spindles.engine.failures import from_told
from spindles.engine.outputs import Stored, copy_file
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import complete, fail
from spindles.models import ExecutionStep
from spindles.registry.results import StepError


def end_as_recorded(run: Run, step: StepState) -> None:
    """End a step of a replay as it ended in the run that is replayed."""
    steps = ExecutionStep.objects.filter(execution__replays=run.row.pk)
    recorded = steps.filter(step_id=step.step_id).first()
    if recorded is None or recorded.status not in (StepStatus.COMPLETED, StepStatus.FAILED):
        error = StepError("not_recorded", "The run that is replayed never came here.")
        fail(run, step, error)
        return
    if recorded.status == StepStatus.FAILED:
        fail(run, step, from_told(recorded.error or {}))
        return
    row, file = run.row, recorded.output_file
    if file:
        file = copy_file(file, organization_id=row.organization_id, execution_id=row.pk)
    stored = Stored(recorded.output, file, recorded.output_hash, recorded.output_bytes)
    complete(run, step, stored)
