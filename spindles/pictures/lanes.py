"""The lanes of a timeline, one below the other: the run, its steps, and what runs inside them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from node_links.pictures.labels import clean
from spindles.choices import StepStatus
from spindles.pictures.looks import STATES
from spindles.pictures.timed import TimedRun, TimedStep

MOST_LANES = 240
"""More lanes than this nobody reads on one sheet."""
WHOLE_RUN = "Whole run"


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane, `depth` runs or parts below the drawn run; it shows one of its last three.

    `label` stands on its left; `items` are those of a map, folded into one lane; `heads` is a run.
    Where it shows nothing, it says how much was left out.
    """

    depth: int
    label: str
    step: TimedStep | None = None
    items: Sequence[TimedStep] = ()
    heads: TimedRun | None = None


def make_lanes(run: TimedRun) -> list[Lane]:
    """Return the lanes of a run; those beyond `MOST_LANES` are counted in the last one."""
    lanes = list(_lanes(run, 0))
    if len(lanes) <= MOST_LANES:
        return lanes
    left_out = len(lanes) - MOST_LANES
    return [*lanes[:MOST_LANES], Lane(0, f"… and {left_out:,} more lines")]


def name_of(run: TimedRun) -> str:
    """Return what a run is called."""
    return " ".join(filter(None, (clean(run.name), clean(run.version)))) or "Run"


def _lanes(run: TimedRun, depth: int) -> Iterator[Lane]:
    yield Lane(depth, name_of(run) if depth else WHOLE_RUN, heads=run)
    yield from _step_lanes(run.steps, depth)
    if run.more_steps:
        yield Lane(depth, f"… and {run.more_steps:,} more steps")


def _step_lanes(steps: Sequence[TimedStep], depth: int) -> Iterator[Lane]:
    for step in steps:
        yield Lane(depth, clean(step.name) or clean(step.id), step=step)
        if step.items:
            yield Lane(depth, count_items(step), items=step.items)
        yield from _step_lanes(step.inside, depth + 1)
        for child in step.runs:
            yield from _lanes(child, depth + 1)


def count_items(step: TimedStep) -> str:
    """Return how many items a map has, and how far they are."""
    count = len(step.items) + step.more_items
    words = f"{count:,} item{'s' if count != 1 else ''}"
    states = Counter(item.status for item in step.items)
    failed, others = states[StepStatus.FAILED], set(states) - {StepStatus.COMPLETED}
    if failed:
        return f"{words}, {failed:,} failed"
    return words if not others else f"{words}, {states[StepStatus.COMPLETED]:,} done"


def states_in(lanes: Sequence[Lane]) -> Iterator[str]:
    """Yield the states of all steps and items that the lanes show."""
    for lane in lanes:
        shown = [lane.step] if lane.step else lane.items
        for step in shown:
            yield step.status if step.status in STATES else StepStatus.PENDING
