"""Writing what has changed of a run: steps, tries, log and events in one go."""

from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from accounts.actors import Actor
from node_links.events.recording import record_events
from spindles.choices import SETTLED, ExecutionStatus, StepStatus
from spindles.engine.loading import COLUMNS
from spindles.engine.outputs import without_nul
from spindles.engine.snapshots import number_snapshot, write_snapshot
from spindles.engine.state import ROW, UNREAD, Change, Run, StepState
from spindles.models import Execution

_TYPES = {
    "position": "int",
    "internal": "boolean",
    "item_index": "int",
    "attempt": "int",
    "retry_count": "int",
    "failures": "int",
    "interruptions": "int",
    "known_outcomes": "int",
    "last_try": "boolean",
    "output_bytes": "int",
    "used": "jsonb",
    "error": "jsonb",
    "lease_until": "timestamptz",
    "wait": "jsonb",
    "wait_until": "timestamptz",
    "wait_child": "uuid",
    "next_attempt_at": "timestamptz",
    "started_at": "timestamptz",
    "completed_at": "timestamptz",
}
_FIXED = ("step_id", "position", "kind", "name", "internal", "item_of", "item_index")
_CHANGING = tuple(name for name in COLUMNS if name not in _FIXED)
_SHAPE = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
_GIVEN = f"""jsonb_to_recordset(%s::jsonb) AS c({_SHAPE}, output jsonb, has_output boolean,
    input jsonb, has_input boolean, item jsonb)"""

_UPDATE_STEPS = f"""
UPDATE execution_steps s SET {", ".join(f"{name} = c.{name}" for name in _CHANGING)}, revision = %s,
    output = CASE WHEN c.has_output THEN c.output ELSE s.output END,
    input = CASE WHEN c.has_input THEN c.input ELSE s.input END, item = c.item
FROM {_GIVEN} WHERE s.execution_id = %s AND s.step_id = c.step_id
"""  # noqa: S608 - constants only
_INSERT_STEPS = f"""
INSERT INTO execution_steps (execution_id, organization_id, revision, {", ".join(COLUMNS)}, output,
    input, item)
SELECT %s, %s, %s, {", ".join(f"c.{name}" for name in COLUMNS)}, c.output, c.input, c.item
FROM {_GIVEN} ORDER BY c.position, c.item_index
"""  # noqa: S608 - constants only
_WRITE_ATTEMPTS = """
INSERT INTO execution_attempts AS a (execution_id, organization_id, step_id, number, status,
    idempotency_key, worker, started_at, duration_ms, error, response_hash, is_deterministic)
SELECT %s, %s, c.step_id, c.number, c.status, c.idempotency_key, c.worker, c.started_at,
    c.duration_ms, c.error, c.response_hash, c.is_deterministic
FROM jsonb_to_recordset(%s::jsonb) AS c(step_id text, number int, status text, idempotency_key text,
    worker text, started_at timestamptz, duration_ms double precision, error jsonb,
    response_hash text, is_deterministic boolean)
ON CONFLICT (execution_id, step_id, number) DO UPDATE SET status = excluded.status,
    duration_ms = excluded.duration_ms, error = excluded.error,
    response_hash = excluded.response_hash
"""
_WRITE_LOGS = """
INSERT INTO execution_logs (execution_id, organization_id, at, level, step_id, attempt, message,
    data)
SELECT %s, %s, c.at, c.level, c.step_id, c.attempt, c.message, c.data
FROM jsonb_to_recordset(%s::jsonb) AS c(at timestamptz, level text, step_id text, attempt int,
    message text, data jsonb)
"""


def save_run(run: Run, actor: Actor | None = None) -> None:
    """Write what has changed, in the transaction that holds the run's lock, and forget it.

    `actor` is the person who changed it, where it is not the run's own course.
    """
    row = run.row
    row.revision += 1
    row.settled_steps = sum(step.settled for step in run.drawn() if not step.internal)
    if run.change.snapshot:
        number_snapshot(run)
    change, run.change = run.change, Change()
    key = (row.pk, row.organization_id)
    with connection.cursor() as cursor:
        if change.new_steps:
            new = {step.step_id for step in change.new_steps}
            given = _told(change.new_steps)
            cursor.execute(_INSERT_STEPS, [*key, row.revision, given])
            changed = [step for step in change.steps.values() if step.step_id not in new]
        else:
            changed = list(change.steps.values())
        if changed:
            cursor.execute(_UPDATE_STEPS, [row.revision, _told(changed), row.pk])
        if change.attempts:
            cursor.execute(_WRITE_ATTEMPTS, [*key, _json(list(change.attempts.values()))])
        if change.logs:
            cursor.execute(_WRITE_LOGS, [*key, _json(change.logs)])
    row.save(update_fields=ROW)
    run.note_row()
    if change.snapshot:
        write_snapshot(run)
    quiet = not row.feeds_production
    record_events(actor=actor or run.actor, events=change.events, quiet=quiet)


def save_next_look(run: Run) -> None:
    """Write when somebody must look again, of a run of which nothing else has changed."""
    Execution.objects.filter(pk=run.row.pk).update(wake_at=run.row.wake_at)


def next_look(run: Run, otherwise: datetime | None) -> datetime | None:
    """Return when somebody must look at the run again, whoever forgot; None where nobody must.

    `otherwise` is when, where something could be done at once and nobody may have heard of it.
    """
    row = run.row
    if row.status not in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING):
        return None
    moments = [otherwise, row.deadline_at, row.snapshot_at]
    for step in run.steps.values():
        if step.status in SETTLED:
            continue
        if step.status == StepStatus.RUNNING:
            moments.append(step.lease_until)
        elif step.status == StepStatus.WAITING:
            moments.append(step.wait_until)
        elif step.next_attempt_at is not None and step.next_attempt_at > run.now:
            moments.append(step.next_attempt_at)  # one that is due waits for something else
    return min((moment for moment in moments if moment is not None), default=None)


def _told(steps: list[StepState]) -> str:
    return _json([_values(step) for step in steps])


def _values(step: StepState) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(step, name) for name in COLUMNS}
    if step.output_file:
        values |= {"output": None, "has_output": True}
    elif step.output is not UNREAD:
        values |= {"output": step.output, "has_output": True}
    if step.input is not UNREAD:
        values |= {"input": step.input, "has_input": True}
    if step.item is not None:
        values["item"] = step.item
    return values


def _json(value: object) -> str:
    return without_nul(orjson.dumps(value)).decode()
