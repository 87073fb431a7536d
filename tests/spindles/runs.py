"""Runs for tests: a plan of a few steps, started, driven and read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.tenancy import scope
from config.ids import uuid7
from spindles.engine.session import Session
from spindles.engine.starting import start_execution
from spindles.models import Execution, ExecutionAttempt, ExecutionStep
from spindles.plans.plan import Plan, Step
from spindles.registry import Prepared, Source
from spindles.services.plans import store_plan


def step(step_id: str, kind: str = "noop", **more: Any) -> Step:
    """Return a step of a plan."""
    return Step(id=step_id, kind=kind, name=more.pop("name", step_id), **more)


def plan_of(*steps: Step, **more: Any) -> Plan:
    """Return a plan of these steps."""
    return Plan(steps=steps, **more)


@dataclass(frozen=True)
class Started:
    """A run that was started, and how to look at it."""

    actor: Actor
    pk: UUID

    def drive(self, worker: str = "tester") -> "Started":
        """Let one worker do what can be done now."""
        Session(self.actor.tenant_id, self.pk, worker).drive()
        return self

    @property
    def row(self) -> Execution:
        """The run as it is now."""
        with scope(self.actor):
            return Execution.objects.get(pk=self.pk)

    @property
    def steps(self) -> dict[str, ExecutionStep]:
        """Its steps as they are now."""
        with scope(self.actor):
            rows = ExecutionStep.objects.filter(execution_id=self.pk)
            return {row.step_id: row for row in rows}

    @property
    def statuses(self) -> dict[str, str]:
        """The state of each step, with the reason of skipped ones."""
        return {
            name: f"{one.status}: {one.reason}" if one.reason else one.status
            for name, one in self.steps.items()
        }

    def attempts(self, step_id: str) -> list[ExecutionAttempt]:
        """The tries of a step, the first one first."""
        with scope(self.actor):
            tries = ExecutionAttempt.objects.filter(execution_id=self.pk, step_id=step_id)
            return list(tries.order_by("number"))


def start(
    actor: Actor, plan: Plan, inputs: Mapping[str, Any] | None = None, **more: Any
) -> Started:
    """Start a run of a plan that belongs to no spindle."""
    limits = {name: more.pop(name) for name in ("max_concurrency", "timeout") if name in more}
    with scope(actor):
        stored = store_plan(actor=actor, plan=plan)
        source = Source(
            feature="spindle",
            entity_id=more.pop("source_id", None) or uuid7(),
            name="Sample",
            slug="sample",
            version="1.0.0",
            plan_id=stored.pk,
            **limits,
        )
        row = start_execution(actor=actor, prepared=Prepared(source, dict(inputs or {})), **more)
    return Started(actor, row.pk)
