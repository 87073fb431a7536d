"""Where the steps of a run stand, as a drawing of what runs shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node_links.pictures.labels import clean
from spindles.choices import SETTLED, SkipReason, StepStatus, WaitKind
from spindles.models import ExecutionStep
from spindles.pictures.durations import in_words
from spindles.pictures.looks import STATES, look
from spindles.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class StepState:
    """The state of one step; `note` is a few words more: how long, how often, or why not."""

    status: str
    note: str = ""

    @property
    def symbol(self) -> str:
        """The name of its sign, which is that of its class too."""
        return look(self.status)

    @property
    def hint(self) -> str:
        """The state in words."""
        return " · ".join(filter(None, (STATES.get(self.status, self.status), clean(self.note))))

    @property
    def ran(self) -> bool:
        """Whether the run came this far."""
        return self.status not in (StepStatus.PENDING, StepStatus.SKIPPED, StepStatus.CANCELLED)


States = Mapping[str, StepState]
"""The state of each step by its id."""


def states_of(plan: Plan, rows: Sequence[ExecutionStep]) -> dict[str, StepState]:
    """Return the state of each step of a plan.

    What closes a part of the plan is at work from the moment at which that part is opened.
    """
    by_id = {row.step_id: row for row in rows}
    states = {row.step_id: StepState(row.status, _note(row)) for row in rows}
    for step in plan.steps:
        if step.closes is None or step.id not in by_id or step.closes not in by_id:
            continue
        opened, closed = by_id[step.closes], by_id[step.id]
        if opened.status != StepStatus.COMPLETED or opened.completed_at is None:
            continue
        if closed.status == StepStatus.PENDING:
            states[step.id] = StepState(StepStatus.RUNNING)
        elif closed.completed_at is not None:
            took = (closed.completed_at - opened.completed_at).total_seconds()
            states[step.id] = StepState(closed.status, in_words(max(took, 0)))
    return states


def why(row: ExecutionStep) -> str:
    """Return why a step failed or was skipped, what it waits for, or what is noted of it; else ''.

    Why it failed is told by a code.
    """
    if row.status == StepStatus.SKIPPED and row.reason:
        return row.note or _begun_small(SkipReason(row.reason).label)
    if row.status == StepStatus.WAITING and row.wait_kind:
        return _begun_small(WaitKind(row.wait_kind).label)
    if row.status == StepStatus.FAILED:
        return str((row.error or {}).get("code", ""))
    if row.status == StepStatus.COMPLETED:
        return _begun_small(row.note).removesuffix(".")
    return ""


def seconds_of(row: ExecutionStep) -> float | None:
    """Return how long the last try of a step took, waiting included; None before its end."""
    if row.started_at is None or row.completed_at is None:
        return None
    return (row.completed_at - row.started_at).total_seconds()


def _begun_small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _note(row: ExecutionStep) -> str:
    words, seconds = [why(row)], seconds_of(row)
    if row.status in SETTLED and row.attempt and seconds is not None:
        words.append(in_words(seconds))
    if row.attempt > 1:
        words.append(f"{row.attempt} tries")
    return " · ".join(filter(None, words))
