"""Runs for tests: a plan of a few steps, started, driven and read back."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from accounts.actors import Actor
from accounts.tenancy import scope
from config.ids import uuid7
from node_links.models import NodeEvent
from spindles.engine.session import Session
from spindles.engine.starting import start_execution
from spindles.models import Execution, ExecutionAttempt, ExecutionLog, ExecutionStep
from spindles.plans.plan import Plan, Step
from spindles.registry.runnables import Prepared, Source
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

    def all(self) -> tuple[Execution, dict[str, ExecutionStep], dict[str, list[ExecutionAttempt]]]:
        """The run, its steps and the tries of each, as they are at one moment."""
        tries: dict[str, list[ExecutionAttempt]] = defaultdict(list)
        with scope(self.actor):
            row = Execution.objects.get(pk=self.pk)
            steps = {one.step_id: one for one in ExecutionStep.objects.filter(execution=self.pk)}
            for one in ExecutionAttempt.objects.filter(execution=self.pk).order_by("number"):
                tries[one.step_id].append(one)
        return row, steps, tries

    def events(self) -> list[tuple[str, str | None]]:
        """What happened to the run: types of events with the step, in their order."""
        with scope(self.actor):
            rows = NodeEvent.objects.filter(entity_id=self.pk).order_by("sequence")
            return [(row.event_type, row.data.get("step_id")) for row in rows]

    def logs(self) -> list[tuple[str, str]]:
        """The lines of its log: level and message."""
        with scope(self.actor):
            rows = ExecutionLog.objects.filter(execution_id=self.pk).order_by("id")
            return [(row.level, row.message) for row in rows]

    def force(self, step_id: str, **columns: Any) -> None:
        """Write a state into a step, past the engine."""
        with scope(self.actor):
            rows = ExecutionStep.objects.filter(execution_id=self.pk)
            rows.filter(step_id=step_id).update(revision=F("revision") + 1000, **columns)
            Execution.objects.filter(pk=self.pk).update(revision=F("revision") + 1000)

    def pass_time(self, seconds: float) -> None:
        """Let time pass for this run: whatever it waits for comes so much earlier."""
        with scope(self.actor), connection.cursor() as cursor:
            for statement in _PASS:
                cursor.execute(statement, {"seconds": seconds, "run": self.pk})


_PASS = (
    """
    UPDATE execution_steps SET lease_until = lease_until - make_interval(secs => %(seconds)s),
        wait_until = wait_until - make_interval(secs => %(seconds)s),
        next_attempt_at = next_attempt_at - make_interval(secs => %(seconds)s),
        revision = (SELECT revision + 1 FROM executions WHERE execution_id = %(run)s)
    WHERE execution_id = %(run)s
    """,
    """
    UPDATE executions SET wake_at = wake_at - make_interval(secs => %(seconds)s),
        deadline_at = deadline_at - make_interval(secs => %(seconds)s), revision = revision + 1
    WHERE execution_id = %(run)s
    """,
)


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
