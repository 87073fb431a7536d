"""A run as its timeline shows it: plain values, whoever read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from spindles.choices import StepStatus


@dataclass(frozen=True, slots=True)
class Try:
    """A try of a step. `end` is None while it is at work; `error` is the code of its failure."""

    number: int
    status: str
    begin: datetime
    end: datetime | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step, or an item of a map.

    - `ready_at`: since when nothing but a free worker was missing;
    - `end`: when it settled;
    - `note`: why it was skipped, or what it waits for;
    - `items` of a map, `more_items` that were not read;
    - `runs` that it started.
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

    @property
    def begin(self) -> datetime | None:
        """When its first try began."""
        return self.tries[0].begin if self.tries else None

    @property
    def waits(self) -> bool:
        """Whether it has been handed over: nobody works on it, and something is awaited."""
        return self.status == StepStatus.WAITING


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
            yield from step.tries
            for item in step.items:
                yield from item.tries
            for run in step.runs:
                yield from run.tries
