"""What a saga consists of: each app's `sagas.py` says so when the process starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class SagaContext:
    """What a step knows: which saga, for whom, with what, and what the steps before answered.

    `results` is `{name of the step: what its action returned}`. `step_payload` is the step's own
    part of what the saga was started with.
    """

    saga_id: UUID
    actor: Actor
    payload: Mapping[str, Any]
    step_payload: Mapping[str, Any]
    results: Mapping[str, dict[str, Any]]


Action = Callable[[SagaContext], dict[str, Any] | None]
Compensation = Callable[[SagaContext], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its action runs in one transaction with the mark that it is done.

    What the action writes in the database therefore takes effect once, however often the saga is
    taken up again. It must not reach outside of the database by itself, but leave a row for a task.
    It refuses by raising. `compensation` undoes it, from the action's result, and has to be
    harmless where others have gone on in the meantime; None where there is nothing to undo.
    """

    name: str
    action: Action
    compensation: Compensation | None = None


@dataclass(frozen=True, slots=True)
class SagaDefinition:
    """The steps of one kind of saga, in order. Raises `ValueError` where two share a name."""

    name: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        """Refuse what could not be stored."""
        if not self.steps or len({step.name for step in self.steps}) != len(self.steps):
            raise ValueError(f"The saga {self.name} needs steps, each with a name of its own.")

    def step(self, name: str) -> Step:
        """Return the step of this name. Raises `UnknownSaga`."""
        for step in self.steps:
            if step.name == name:
                return step
        raise UnknownSaga(f"The saga {self.name} has no step {name} any more.")


class UnknownSaga(LookupError):
    """A stored saga, or step, that this version of the platform does not know."""


class SagaRegistry:
    """The definitions of this process. Every process has the same ones."""

    def __init__(self) -> None:
        """Start empty."""
        self._definitions: dict[str, SagaDefinition] = {}

    def register(self, definition: SagaDefinition) -> SagaDefinition:
        """Add a definition; twice the same name is a programming error (`ValueError`)."""
        if definition.name in self._definitions:
            raise ValueError(f"There is a saga named {definition.name} already.")
        self._definitions[definition.name] = definition
        return definition

    def unregister(self, name: str) -> None:
        """Remove a definition. Raises `KeyError` where there is none of this name."""
        del self._definitions[name]

    def get(self, name: str) -> SagaDefinition:
        """Return the definition of this name. Raises `UnknownSaga`."""
        try:
            return self._definitions[name]
        except KeyError:
            raise UnknownSaga(f"There is no saga named {name}.") from None

    def names(self) -> list[str]:
        """Return the names of all, in order."""
        return sorted(self._definitions)


sagas = SagaRegistry()
