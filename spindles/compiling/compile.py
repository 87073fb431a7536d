"""Compiling: each step of a definition becomes a step of the plan, under its own id."""

from collections.abc import Sequence

from spindles.compiling.branches import branches_of, condition_of
from spindles.definitions.inputs import OutputDefinition
from spindles.definitions.steps import RetryPolicy, StepDefinition
from spindles.expressions.paths import unwrap
from spindles.plans.plan import NamedOutput, Plan, RetryRule, Step


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
        retry=_retry_rule(step.retry),
        timeout=step.timeout,
        priority=step.priority,
        concurrency=step.concurrency,
        agent_role=step.agent_role,
    )


def _retry_rule(policy: RetryPolicy) -> RetryRule:
    """Return the engine's rule; a disabled policy allows the first attempt only."""
    return RetryRule(
        max_attempts=policy.max_attempts if policy.enabled else 1,
        strategy=policy.strategy,
        base_delay=policy.base_delay,
        max_delay=policy.max_delay,
        multiplier=policy.multiplier,
        jitter=policy.jitter,
    )
