"""Definitions for tests, in few words."""

from typing import Any

from spindles.definitions.listing import parse_steps
from spindles.definitions.steps import StepDefinition


def step(step_id: str, *depends_on: str, **fields: Any) -> dict[str, Any]:
    """Return a step of the list that does nothing unless `kind` says otherwise."""
    return {"id": step_id, "kind": "noop", "depends_on": list(depends_on), **fields}


def gate(step_id: str, *depends_on: str, branches: str = "yes no") -> dict[str, Any]:
    """Return a condition step with branches of these names."""
    named = [{"name": name, "when": "inputs.ok"} for name in branches.split()]
    return step(step_id, *depends_on, kind="condition", params={"branches": named})


def parsed(*steps: dict[str, Any]) -> list[StepDefinition]:
    """Return the steps as they are read."""
    return parse_steps(list(steps))
