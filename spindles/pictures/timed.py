"""A run as its timeline shows it: plain values, whoever read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Try:
    """A try of a step. `end` is None while it is under way; `error` is the code of its failure.

    `waited`: nobody worked on it, it waited for what would end it.
    """

    number: int
    status: str
    begin: datetime
    end: datetime | None
    error: str = ""
    waited: bool = False


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step, or an item of a map.

    - `ready_at`: since when nothing but a free worker was missing;
    - `end`: when it settled;
    - `note`: why it was skipped, or what it waits for;
    - `items` of a map, `more_items` that were not read;
    - `runs` that it started;
    - `inside`: the steps of the part that it closes, and `opened_at` when that part was opened.
    """

    id: str
    name: str
    kind: str
    status: str
    tries: Sequence[Try] = ()
    ready_at: datetime | None = None
    end: datetime | None = None
    note: str = ""
    items: Sequence["TimedStep"] = ()
    more_items: int = 0
    runs: Sequence["TimedRun"] = ()
    inside: Sequence["TimedStep"] = ()
    opened_at: datetime | None = None

    @property
    def begin(self) -> datetime | None:
        """When its first try began, or the part that it closes was opened."""
        return self.opened_at or (self.tries[0].begin if self.tries else None)

    @property
    def all_tries(self) -> Iterator[Try]:
        """Every try of it, its items, the steps inside it, and the runs that it started."""
        yield from self.tries
        for one in (*self.items, *self.inside):
            yield from one.all_tries
        for run in self.runs:
            yield from run.tries


@dataclass(frozen=True, slots=True)
class TimedRun:
    """A run with its steps in the order of its plan; `more_steps` were not read."""

    name: str
    version: str
    status: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    environment: str = ""
    settled: int = 0
    total: int = 0
    steps: Sequence[TimedStep] = ()
    more_steps: int = 0

    @property
    def tries(self) -> Iterator[Try]:
        """Every try of every step, also of items and of the runs inside."""
        for step in self.steps:
            yield from step.all_tries
