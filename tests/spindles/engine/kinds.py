"""Kinds of steps for tests of the engine: they do what the test has written down for them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from spindles.registry.kinds import Place, StepContext, StepKind, step_kinds
from spindles.registry.results import Done, Result, StepError

Outcome = Result | Exception | Callable[[StepContext], Result]


class AnyParams(BaseModel):
    """Whatever is given."""

    model_config = ConfigDict(extra="allow")


@dataclass
class Script:
    """What each step does at its first, second … try, and what it was told; then it completes."""

    outcomes: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    calls: list[tuple[str, StepContext, dict[str, Any]]] = field(default_factory=list)

    def say(self, step_id: str, *outcomes: Outcome) -> None:
        """Let the tries of a step end like this, one after the other."""
        self.outcomes[step_id].extend(outcomes)

    def handle(self, context: StepContext, params: AnyParams) -> Result:
        """Do what is written down."""
        self.calls.append((context.step_id, context, params.model_dump()))
        left = self.outcomes[context.step_id]
        outcome = left.pop(0) if left else Done({"by": context.step_id})
        if isinstance(outcome, Exception):
            raise outcome
        return outcome(context) if callable(outcome) else outcome

    @property
    def order(self) -> list[str]:
        """The steps in the order in which they were done."""
        return [step_id for step_id, _, _ in self.calls]


def _outside(_context: StepContext, _params: AnyParams) -> Result:
    raise StepError("not_here", "Somebody else does this.")


@contextmanager
def kinds_of_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Add `scripted` (inline, with the database), `plain` (without) and `outside`."""
    script = Script()
    for kind in (
        StepKind("scripted", "S", "S", AnyParams, script.handle, Place.INLINE, uses_database=True),
        StepKind("plain", "P", "P", AnyParams, script.handle, Place.INLINE),
        StepKind("outside", "O", "O", AnyParams, _outside, Place.OUTSIDE),
    ):
        monkeypatch.setitem(step_kinds._kinds, kind.name, kind)
    yield script
