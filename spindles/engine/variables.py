"""What templates and conditions of a step may name: only what they do name is read."""

from collections.abc import Iterator, Mapping
from typing import Any

from spindles.choices import Category
from spindles.engine.outputs import read_file
from spindles.engine.state import UNREAD, Run, StepState
from spindles.models import ExecutionStep
from spindles.registry.results import StepError
from spindles.registry.runnables import runnables


def output_of(run: Run, step: StepState) -> Any:
    """Return the output of a step, read from wherever it lies. Raises `StepError`."""
    if step.output is UNREAD:
        step.output = _from_file(step.output_file) if step.output_file else _from_row(run, step)
    return step.output


def _from_row(run: Run, step: StepState) -> Any:
    rows = ExecutionStep.objects.values_list("output", flat=True)
    return rows.get(execution_id=run.row.pk, step_id=step.step_id)


def _from_file(name: str) -> Any:
    try:
        return read_file(name)
    except OSError as error:
        raise StepError(
            "output_unavailable",
            f"A stored output cannot be read ({type(error).__name__}).",
            category=Category.EXTERNAL,
        ) from None


class StepsView(Mapping[str, Any]):
    """All steps as expressions see them, each read when it is named."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getitem__(self, step_id: str) -> dict[str, Any]:
        """Return status, output and error of a step. Raises `KeyError`."""
        step = self._run.steps[step_id]
        seen: dict[str, Any] = {"status": str(step.status)}
        if step.status == "completed":
            seen["output"] = output_of(self._run, step)
        if step.error is not None:
            seen["error"] = step.error
        if step.reason is not None:
            seen["reason"] = str(step.reason)
        return seen

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of all steps."""
        return iter(self._run.steps)

    def __len__(self) -> int:
        """Return how many steps there are."""
        return len(self._run.steps)


def variables_of(
    run: Run, step: StepState | None, steps: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the variables of a step, or those that all have.

    `steps` are by default all, each read when it is named.
    """
    row = run.row
    found: dict[str, Any] = {
        "inputs": row.inputs,
        "steps": StepsView(run) if steps is None else steps,
        "execution": {
            "id": str(row.pk),
            "started_at": (row.started_at or run.now).isoformat(),
            "environment": str(row.environment),
        },
        "trigger": row.trigger,
        "context": _context_of(run, step),
    }
    if step is not None and step.item_of is not None:
        found |= {"item": step.item, "index": step.item_index}
    return found


def _context_of(run: Run, step: StepState | None) -> Mapping[str, Any]:
    """Return what a step sees as `context`: all of the run's, or as its feature allows."""
    runnable = runnables.find(run.row.source_feature)
    if step is None or runnable is None or runnable.sees is None:
        context: dict[str, Any] = run.row.context
        return context
    return runnable.sees(run.row, run.plan, step.item_of or step.step_id)
