"""Starting a run: its row, a row for each step, and the event, in the caller's transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from structlog.contextvars import get_contextvars

from accounts.actors import Actor
from config.exceptions import DomainError
from config.ids import uuid7
from config.request_context import inside_execution
from node_links.events.recording import AggregateKey, record_event
from spindles.choices import Category, Environment, TriggerKind
from spindles.engine.doorbell import ring_on_commit
from spindles.engine.slots import take_slot_at_once
from spindles.engine.state import FEATURE, Run, StepState, told_of_run
from spindles.models import Execution
from spindles.registry.results import StartChild, StepError
from spindles.registry.runnables import Prepared, runnables

MAX_DEPTH = 10

# The steps are copied from the stored plan, which the database has already.
_STEPS = """
INSERT INTO execution_steps (organization_id, execution_id, position, step_id, kind, name, internal,
    status, note, attempt, retry_count, failures, interruptions, known_outcomes, last_try,
    output_file, output_hash, output_bytes, used, worker, wait, revision)
SELECT organization_id, %s, place - 1, s.id, s.kind, left(s.name, 255), s.internal,
    'pending', '', 0, 0, 0, 0, 0, false, '', '', 0, '[]', '', '{}', 1
FROM plans, ROWS FROM (jsonb_to_recordset(content->'steps')
    AS (id text, kind text, name text, internal boolean))
    WITH ORDINALITY AS s(id, kind, name, internal, place)
WHERE plan_id = %s
"""


def start_execution(
    *,
    actor: Actor,
    prepared: Prepared,
    environment: str = Environment.PRODUCTION,
    priority: int = 5,
    trigger_kind: str = TriggerKind.MANUAL,
    trigger: Mapping[str, Any] | None = None,
    correlation_id: str | None = None,
    session_id: str | None = None,
    budget_id: UUID | None = None,
    max_depth: int = MAX_DEPTH,
    **more: Any,
) -> Execution:
    """Create a run in the running transaction and return it, pending; workers hear on commit.

    `more` are further columns of the run (`parent`, `retry_of`, `replay_of` …); what is given of
    `context` overlays what was prepared, objects key by key.
    """
    source = prepared.source
    context = _overlaid(prepared.context, more.pop("context", {}))
    row = Execution(
        id=uuid7(),
        organization_id=actor.tenant_id,
        source_feature=source.feature,
        source_id=source.entity_id,
        source_name=source.name,
        source_slug=source.slug,
        source_version=source.version,
        is_draft=source.is_draft,
        plan_id=source.plan_id,
        environment=environment,
        priority=priority,
        inputs=prepared.inputs,
        context=context,
        started_by_id=actor.user_id,
        trigger_kind=trigger_kind,
        trigger=dict(trigger or {}),
        correlation_id=correlation_id or get_contextvars().get("request_id"),
        session_id=session_id,
        budget_id=budget_id,
        max_depth=max_depth,
        max_concurrency=source.max_concurrency,
        timeout=source.timeout,
        **more,
    )
    row.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, [row.pk, row.plan_id])
    _tell(actor, row)
    if take_slot_at_once(actor, row.pk):
        ring_on_commit(row.organization_id, row.pk)  # else it is rung for when one is free
    return row


def _overlaid(prepared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        name: {**prepared[name], **value}
        for name, value in given.items()
        if isinstance(value, Mapping) and isinstance(prepared.get(name), Mapping)
    }
    return {**prepared, **given, **both}


def start_child(run: Run, step: StepState, wanted: StartChild) -> Execution:
    """Start the run that a step asks for. Raises `StepError` where that is refused."""
    outer = run.row
    deepest = min(outer.max_depth, wanted.max_depth or MAX_DEPTH, MAX_DEPTH)
    if outer.depth + 2 > deepest:
        raise _refused("nesting_too_deep", f"At most {deepest} levels of runs are allowed.")
    try:
        prepared = runnables.get(wanted.feature).prepare(
            actor=run.actor,
            target=wanted.target,
            version=wanted.version,
            environment=str(outer.environment),
            inputs=wanted.inputs,
            child=True,
        )
    except DomainError as error:
        raise _refused(str(error.code), str(error)) from None
    _refuse_cycle(outer, prepared)
    return start_execution(
        actor=run.actor,
        prepared=prepared,
        environment=str(outer.environment),
        priority=outer.priority,
        trigger_kind=outer.trigger_kind,
        trigger=outer.trigger,
        correlation_id=outer.correlation_id,
        session_id=outer.session_id,
        budget_id=outer.budget_id,
        max_depth=deepest,
        parent=outer,
        parent_step_id=step.step_id,
        depth=outer.depth + 1,
        context=dict(wanted.context),
        narrow=dict(wanted.narrow),
        replay_of_id=None,
    )


def _refuse_cycle(outer: Execution, prepared: Prepared) -> None:
    """Raise `StepError` where the entity runs already, somewhere above."""
    wanted = (prepared.source.feature, prepared.source.entity_id)
    above: Execution | None = outer
    while above is not None:
        if (above.source_feature, above.source_id) == wanted:
            raise _refused("nested_cycle", f"{prepared.source.name} would run inside itself.")
        above = above.parent


def _refused(code: str, message: str) -> StepError:
    return StepError(code, message, category=Category.VALIDATION)


def _tell(actor: Actor, row: Execution) -> None:
    data = {
        "execution_id": str(row.pk),
        **told_of_run(row),
        "workflow_version": row.source_version,
        "inputs": row.inputs,
    }
    with inside_execution(row.pk):
        record_event(
            actor=actor,
            entity=AggregateKey(row.organization_id, FEATURE, row.pk),
            event_type="WorkflowExecutionStarted",
            data=data,
            quiet=not row.feeds_production,
        )
