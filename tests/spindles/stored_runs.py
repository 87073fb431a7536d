"""Runs as rows: what the engine would have left behind."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.tenancy import scope
from node_links.events.recording import record_event
from node_links.models import NodeEntity
from spindles.models import Execution, ExecutionAttempt, ExecutionLog, ExecutionStep
from spindles.plans.plan import Plan, Step
from spindles.services.plans import store_plan
from tests.factories import Person

EXECUTIONS = "/api/v1/executions/"


def at(execution: Execution, rest: str = "") -> str:
    """Return the address of a run, or one below it."""
    return f"{EXECUTIONS}{execution.pk}/{rest}"


def plan_of(*ids: str, kind: str = "noop") -> Plan:
    """Return a plan of steps one after the other."""
    steps = []
    for index, step_id in enumerate(ids):
        before = ids[index - 1 : index] if index else ()
        steps.append(Step(id=step_id, kind=kind, name=step_id.title(), depends_on=tuple(before)))
    return Plan(steps=tuple(steps))


def make_run(
    person: Person, source: NodeEntity, *, plan: Plan | None = None, **values: Any
) -> Execution:
    """Return a run of `source` that `person` has started, with a pending row for each step."""
    plan = plan or plan_of("a", "b")
    with scope(person.actor):
        stored = store_plan(actor=person.actor, plan=plan)
        defaults = {
            "source_feature": source.feature_type,
            "source_id": source.pk,
            "source_name": "A run",
            "source_version": "1.0.0",
            "total_steps": len(plan.steps),
            "started_by": person.user,
        }
        run = Execution.objects.create(
            organization=person.organization, plan=stored, **{**defaults, **values}
        )
        ExecutionStep.objects.bulk_create(
            ExecutionStep(
                organization=person.organization,
                execution=run,
                position=position,
                step_id=step.id,
                kind=step.kind,
                name=step.name,
                internal=step.internal,
            )
            for position, step in enumerate(plan.steps)
        )
    return run


def add_item(person: Person, run: Execution, map_id: str, index: int, **values: Any) -> None:
    """Let a map of the run have an item."""
    with scope(person.actor):
        ExecutionStep.objects.create(
            organization=run.organization,
            execution=run,
            position=run.steps.get(step_id=map_id).position,
            step_id=f"{map_id}[{index}]",
            kind="noop",
            name=f"{map_id} {index}",
            item_of=map_id,
            item_index=index,
            item=index,
            **values,
        )


def change_step(person: Person, run: Execution, step_id: str, **values: Any) -> None:
    """Let a step of the run stand elsewhere."""
    with scope(person.actor):
        run.steps.filter(step_id=step_id).update(**values)


def add_attempt(person: Person, run: Execution, step_id: str, number: int, **values: Any) -> None:
    """Let a step of the run have been tried."""
    with scope(person.actor):
        ExecutionAttempt.objects.create(
            organization=run.organization,
            execution=run,
            step_id=step_id,
            number=number,
            idempotency_key="k" * 64,
            started_at=timezone.now(),
            **values,
        )


def add_line(person: Person, run: Execution, message: str, **values: Any) -> int:
    """Let the run have said something; return the id of the line."""
    with scope(person.actor):
        line = ExecutionLog.objects.create(
            organization=run.organization,
            execution=run,
            at=timezone.now(),
            message=message,
            **values,
        )
    return int(line.pk)


def tell(person: Person, run: Execution, event_type: str, **data: Any) -> None:
    """Record an event of the run, as the engine does."""
    with scope(person.actor):
        record_event(
            actor=person.actor,
            entity=run,
            event_type=event_type,
            data={"execution_id": str(run.pk), **data},
        )


def end(person: Person, run: Execution, status: str, **values: Any) -> None:
    """Let the run be over."""
    now = timezone.now()
    with scope(person.actor):
        Execution.objects.filter(pk=run.pk).update(
            status=status, started_at=now - timedelta(seconds=2), completed_at=now, **values
        )
