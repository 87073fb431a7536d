"""Compiling: each step of a definition becomes a step of the plan, under its own id."""

from collections.abc import Sequence

from spindles.compiling.branches import branches_of, condition_of
from spindles.definitions.inputs import OutputDefinition
from spindles.definitions.steps import StepDefinition
from spindles.expressions.paths import unwrap
from spindles.plans.plan import NamedOutput, Plan, Step


def compile_definition(
    steps: Sequence[StepDefinition], outputs: Sequence[OutputDefinition] | None
) -> Plan:
    """Return the plan of a definition, its steps in their order of declaration.

    Equal definitions give equal plans, with equal checksums.
    """
    branches = branches_of(steps)
    return Plan(
        steps=tuple(_step(step, condition_of(branches[step.id], _own(step))) for step in steps),
        outputs=None
        if outputs is None
        else tuple(NamedOutput(name=one.name, value=one.value) for one in outputs),
    )


def _own(step: StepDefinition) -> str | None:
    return None if step.condition is None else unwrap(step.condition)


def _step(step: StepDefinition, condition: str | None) -> Step:
    return Step(
        id=step.id,
        kind=step.kind,
        name=step.name,
        params=step.params,
        depends_on=tuple(dict.fromkeys(one.step_id for one in step.dependencies)),
        join=step.join,
        condition=condition,
        retry=step.retry.rule,
        timeout=step.timeout,
        priority=step.priority,
        concurrency=step.concurrency,
        agent_role=step.agent_role,
    )
