"""What the states of runs, steps and tries look like; colours stand in the style sheet.

A state is a sign and a word besides its colour, and its bars have a pattern of their own.
"""

from collections.abc import Iterable, Mapping

from node_links.pictures.legend import Entry
from spindles.choices import AttemptStatus, ExecutionStatus, StepStatus

PREFIX = "rnp-"

STATES: Mapping[str, str] = {
    StepStatus.COMPLETED: "Completed",
    StepStatus.RUNNING: "Running",
    StepStatus.WAITING: "Waiting",
    StepStatus.FAILED: "Failed",
    "interrupted": "Interrupted, tried again",
    StepStatus.SKIPPED: "Skipped",
    StepStatus.CANCELLED: "Cancelled",
    StepStatus.PENDING: "Not started",
    ExecutionStatus.PAUSED: "Paused",
}
"""What each state is called, in the order in which a legend tells them."""

_OF_TRIES: Mapping[str, str] = {
    AttemptStatus.RUNNING: StepStatus.RUNNING,
    AttemptStatus.SUCCESS: StepStatus.COMPLETED,
    AttemptStatus.FAILED: StepStatus.FAILED,
    AttemptStatus.TIMEOUT: StepStatus.FAILED,
    AttemptStatus.INTERRUPTED: "interrupted",
    AttemptStatus.CANCELLED: StepStatus.CANCELLED,
}


def state_of_try(status: str) -> str:
    """Return the state that a try is drawn in."""
    return _OF_TRIES.get(status, StepStatus.PENDING)


def look(state: str) -> str:
    """Return the name of the sign of a state, and of its class."""
    return PREFIX + (state if state in STATES else StepStatus.PENDING)


def state_entries(states: Iterable[str]) -> list[Entry]:
    """Return the part of a legend that explains these states."""
    seen = set(states)
    return [Entry(STATES[state], symbol=look(state)) for state in STATES if state in seen]
