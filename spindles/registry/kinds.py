"""The kinds of steps, and what a step of any kind may know of its run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from accounts.actors import Actor
from spindles.choices import LogLevel
from spindles.registry.results import Result


class Log(Protocol):
    """Writes a line of the run's log."""

    def __call__(self, level: LogLevel, message: str, **data: Any) -> None:
        """Write it; secrets are masked before anything is stored."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may know of its run.

    `actor` is who started it. `idempotency_key` is the same for a try that replaces one whose end
    nobody knows. `variables` are those of templates and conditions (`inputs`, `steps`, `execution`,
    `trigger`, `context`, inside a map `item` and `index`); outside the engine's process only what
    needs no other step is there: without `steps`.
    """

    actor: Actor
    execution_id: UUID
    step_id: str
    attempt: int
    idempotency_key: str
    environment: str
    variables: Mapping[str, Any]
    log: Log
    replayed: bool = False

    @property
    def organization_id(self) -> UUID:
        """The tenant."""
        return self.actor.tenant_id


class Place(StrEnum):
    """Where a kind is at work."""

    # In the engine's own transaction: for what is short and bounded. It may read and write the
    # database: that is committed with the step's outcome, exactly once.
    INLINE = "inline"
    # In a process of its own, which is killed where it exceeds its time or memory.
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Expression:
    """CEL in the parameters of a step: where (RFC 6901), what, and the variables it has besides."""

    pointer: str
    text: str
    variables: frozenset[str] = frozenset()
    whole: bool = True  # the value must be true or false


@dataclass(frozen=True, slots=True)
class Reference:
    """An entity that parameters name, by id or, for spindles and SOPs, by slug."""

    pointer: str
    feature: str
    target: str
    version: str | None = None


def _nothing(params: Mapping[str, Any]) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of steps.

    `params` is the model of the parameters after their templates were rendered; those named in
    `raw` are handed over as they were written (they hold CEL, or templates for later).
    A kind that `uses_database` while it is inline has a savepoint around it.
    A kind that `has_effect` outside is answered from the recording when a run is replayed. An
    `internal` one is made by compilers and offered to nobody. `outcomes` tells the branches that a
    dependency can name as `gate:name`.
    """

    name: str
    title: str
    description: str
    params: type[BaseModel]
    handle: Callable[[StepContext, Any], Result]
    place: Place = Place.OUTSIDE
    has_effect: bool = False
    uses_database: bool = False
    raw: frozenset[str] = frozenset()
    expressions: Callable[[Mapping[str, Any]], Iterable[Expression]] = _nothing
    references: Callable[[Mapping[str, Any]], Iterable[Reference]] = _nothing
    outcomes: Callable[[Mapping[str, Any]], Iterable[str]] = _nothing
    internal: bool = False


class StepKindRegistry:
    """The kinds of steps of this process. Every process has the same ones."""

    def __init__(self) -> None:
        """Start empty."""
        self._kinds: dict[str, StepKind] = {}

    def add(self, kind: StepKind) -> None:
        """Add a kind; twice the same name is a programming error (`ValueError`)."""
        if kind.name in self._kinds:
            raise ValueError(f"There is a kind of steps named {kind.name} already.")
        self._kinds[kind.name] = kind

    def get(self, name: str) -> StepKind | None:
        """Return the kind of this name, if there is one."""
        return self._kinds.get(name)

    def offered(self) -> list[StepKind]:
        """Return the kinds that authors may use, by name."""
        return [self._kinds[name] for name in sorted(self._kinds) if not self._kinds[name].internal]

    def __iter__(self) -> Iterator[StepKind]:
        """Yield every kind, by name."""
        return iter([self._kinds[name] for name in sorted(self._kinds)])


step_kinds = StepKindRegistry()
