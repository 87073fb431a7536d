"""Runs a step's handler without an engine: rendered, checked and handled as the engine does."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.actors import Actor, system_actor
from config.ids import uuid7
from spindles.choices import LogLevel
from spindles.expressions.templates import render
from spindles.registry.kinds import StepContext, step_kinds
from spindles.registry.results import Result

KEY = "0f" * 32


@dataclass
class Lines:
    """Keeps what a step logs."""

    lines: list[tuple[LogLevel, str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, level: LogLevel, message: str, **data: Any) -> None:
        """Keep the line."""
        self.lines.append((level, message, data))


def context_of(
    actor: Actor | None = None, *, execution_id: UUID | None = None, **variables: Any
) -> StepContext:
    """Return the context of a first try."""
    return StepContext(
        actor=actor or system_actor(uuid7()),
        execution_id=execution_id or uuid7(),
        step_id="step",
        attempt=1,
        idempotency_key=KEY,
        environment="production",
        variables=variables,
        log=Lines(),
    )


def run_step(
    kind: str, params: dict[str, Any], *, context: StepContext | None = None, **variables: Any
) -> Result:
    """Return what the kind's handler answers. Raises what the engine would see."""
    found = step_kinds.get(kind)
    assert found is not None, kind
    context = context or context_of(**variables)
    rendered = {
        name: value if name in found.raw else render(value, context.variables)
        for name, value in params.items()
    }
    return found.handle(context, found.params.model_validate(rendered))
