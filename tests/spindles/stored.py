"""Runs as rows, as the engine leaves them: for what reads and shows them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from accounts.tenancy import scope
from node_links.choices import FeatureType
from spindles.choices import SETTLED
from spindles.models import Execution, ExecutionAttempt, ExecutionLog, ExecutionStep
from spindles.plans.plan import Plan, Step
from spindles.services.plans import store_plan
from tests.factories import Person

ZERO = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after the beginning."""
    return ZERO + timedelta(seconds=seconds)


def chain(*ids: str, kind: str = "noop") -> Plan:
    """Return a plan of steps that follow one another, named after their ids."""
    before = (None, *ids)
    return Plan(
        steps=tuple(
            Step(id=known, kind=kind, name=known.capitalize(),
                 depends_on=() if last is None else (last,))
            for last, known in zip(before, ids, strict=False)
        )
    )  # fmt: skip


def make_run(
    person: Person,
    plan: Plan | None = None,
    statuses: Mapping[str, str] | None = None,
    *,
    created_at: datetime = ZERO,
    **values: Any,
) -> Execution:
    """Return a run of `plan` that began a second after it was asked for.

    Each step that has begun took one second in one try, one after the other; those that
    `statuses` does not name are completed.
    """
    plan = plan or chain("fetch", "score", "tell")
    statuses = statuses or {}
    with scope(person.actor):
        defaults: dict[str, Any] = {
            "source_feature": FeatureType.SPINDLE, "source_id": uuid4(), "source_version": "1.2.0",
            "source_name": "Answer an incident", "source_slug": "answer-an-incident",
            "status": "completed", "started_by_id": person.user.pk, "started_at": at(1),
            "completed_at": at(1 + len(plan.steps)), "total_steps": len(plan.steps),
        }  # fmt: skip
        values = {**defaults, **values}
        if values["status"] in ("pending", "running", "paused"):
            values["completed_at"] = None
        run = Execution.objects.create(
            organization=person.organization, plan=store_plan(actor=person.actor, plan=plan),
            settled_steps=sum(
                statuses.get(step.id, "completed") in SETTLED for step in plan.steps
            ), **values,
        )  # fmt: skip
        Execution.objects.filter(pk=run.pk).update(created_at=created_at)
        run.created_at = created_at
        for position, step in enumerate(plan.steps):
            status = statuses.get(step.id, "completed")
            make_step(run, step.id, status, position=position, kind=step.kind, name=step.name,
                      internal=step.internal)  # fmt: skip
    return run


def make_step(
    run: Execution, step_id: str, status: str = "completed", *, position: int, **values: Any
) -> ExecutionStep:
    """Return a step, with its try where it has begun. Call it in the scope of its organisation."""
    begun = status not in ("pending", "skipped", "cancelled")
    settled = status in SETTLED
    begin = at(1 + position)
    defaults: dict[str, Any] = {
        "kind": "noop", "name": step_id, "attempt": int(begun),
        "started_at": begin if begun else None,
        "completed_at": begin + timedelta(seconds=1) if settled else None,
        "reason": "condition_false" if status == "skipped" else None,
        "wait_kind": "person" if status == "waiting" else None,
    }  # fmt: skip
    step = ExecutionStep.objects.create(
        organization_id=run.organization_id, execution=run, step_id=step_id, status=status,
        position=position, **{**defaults, **values},
    )  # fmt: skip
    if begun:
        ended = {"completed": "success", "failed": "failed"}.get(status, "running")
        make_try(run, step_id, 1, ended, begin=1 + position, seconds=1 if settled else None)
    return step


def make_try(
    run: Execution, step_id: str, number: int, status: str = "success", *, begin: float,
    seconds: float | None = 1, error: str = "",
) -> ExecutionAttempt:  # fmt: skip
    """Return a try of a step, `begin` seconds after the beginning."""
    return ExecutionAttempt.objects.create(
        organization_id=run.organization_id, execution=run, step_id=step_id, number=number,
        status=status, idempotency_key=f"{step_id}-{number}", started_at=at(begin),
        duration_ms=None if seconds is None else seconds * 1000,
        error={"code": error, "message": "It did not answer."} if error else None,
    )  # fmt: skip


def make_lines(run: Execution, *messages: str, level: str = "info") -> Sequence[ExecutionLog]:
    """Return lines of the log. Call it in the scope of its organisation."""
    return [
        ExecutionLog.objects.create(
            organization_id=run.organization_id, execution=run, at=at(number), level=level,
            message=message,
        )
        for number, message in enumerate(messages)
    ]  # fmt: skip
