"""What a replay came to, against the run that it replays."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from spindles.choices import StepStatus
from spindles.engine.state import Run
from spindles.models import ExecutionStep

_HUNDREDTHS = Decimal("0.01")


def compare_replay(run: Run) -> None:
    """Say in the run's row how much of it equals the run that it replays.

    Compared are the steps that were done in one of the two, by the SHA-256 of their outputs; not
    those that were taken over. A replay in which none was compared has diverged nowhere.
    """
    rows = ExecutionStep.objects.filter(execution=run.row.replay_of_id, item_of=None)
    done = rows.filter(status=StepStatus.COMPLETED)
    recorded = dict(done.values_list("step_id", "output_hash"))
    compared, divergences = 0, list[dict[str, Any]]()
    for step in run.drawn():
        completed = step.status == StepStatus.COMPLETED
        if step.internal or (completed and step.attempt == 0):
            continue
        before = recorded.get(step.step_id)
        after = step.output_hash if completed else None
        if before is None and after is None:
            continue
        compared += 1
        if before != after:
            divergences.append({"step_id": step.step_id, "recorded": before, "replayed": after})
    equal = Decimal(100 * (compared - len(divergences))) / compared if compared else Decimal(100)
    run.row.match_percent = equal.quantize(_HUNDREDTHS, ROUND_HALF_UP)
    run.row.divergences = divergences
