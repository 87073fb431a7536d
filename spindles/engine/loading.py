"""Reading a run under its lock: what has changed since it was read last, and nothing else."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from spindles.engine.state import UNREAD, Run, StepState
from spindles.models import Execution, StoredPlan
from spindles.plans.plan import Plan

SMALL_OUTPUT = 4096
"""Outputs up to so many bytes are read with their steps, larger ones when they are asked for."""

_PLANS_KEPT = 256
_LEAST_SILENCE = 5.0

COLUMNS = (
    "step_id",
    "position",
    "kind",
    "name",
    "internal",
    "item_of",
    "item_index",
    "status",
    "reason",
    "note",
    "attempt",
    "retry_count",
    "failures",
    "interruptions",
    "known_outcomes",
    "last_try",
    "output_file",
    "output_hash",
    "output_bytes",
    "used",
    "error",
    "worker",
    "lease_until",
    "wait_kind",
    "wait",
    "wait_until",
    "wait_event",
    "wait_child",
    "next_attempt_at",
    "started_at",
    "completed_at",
)
_DOCUMENTS = ("used", "error", "wait")

# The row's lock puts everybody who changes a run in order. Who holds it and falls silent (a frozen
# process, a host that was cut off) is thrown out by the database, so that others can go on.
_LOCK = """
SELECT {columns}, clock_timestamp() AS locked_at,
    set_config('idle_in_transaction_session_timeout', %s, true) AS silence
FROM executions WHERE execution_id = %s FOR NO KEY UPDATE
"""
_LOCK_KNOWN = _LOCK.format(columns="revision, wake_at")
_LEASES = """
SELECT step_id, lease_until FROM execution_steps WHERE execution_id = %s AND step_id = ANY(%s)
"""
_STEPS = f"""
SELECT {", ".join(COLUMNS)}, output_bytes > {SMALL_OUTPUT} OR output_file <> '',
    CASE WHEN output_bytes <= {SMALL_OUTPUT} THEN output END, item
FROM execution_steps WHERE execution_id = %s AND revision > %s ORDER BY position, item_index
"""  # noqa: S608 - constants only


def open_run(execution_id: UUID, known: Run | None = None) -> Run | None:
    """Lock a run until the transaction ends and return it as it is now; None where there is none.

    `known` is what the caller read of it before: only what has changed since is read.
    """
    if known is not None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_KNOWN, [silence_allowed(), execution_id])
            found = cursor.fetchone()
        if found is None:
            return None
        revision, known.row.wake_at, known.now, _ = found
        if known.row.revision == revision:
            return known
    return _read(execution_id, known)


def silence_allowed() -> str:
    """Return for how long a transaction with a run's lock may ask nothing, in milliseconds."""
    return str(round(1000 * max(_LEAST_SILENCE, settings.LEASE_SECONDS)))


def read_leases(run: Run, steps: Iterable[StepState]) -> None:
    """Read how long the leases of these steps last: renewing one leaves no other trace."""
    names = [step.step_id for step in steps]
    if not names:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LEASES, [run.row.pk, names])
        for step_id, lease_until in cursor.fetchall():
            run.steps[step_id].lease_until = lease_until


def _read(execution_id: UUID, known: Run | None) -> Run | None:
    found: list[Any] = list(Execution.objects.raw(_row_sql(), [silence_allowed(), execution_id]))
    if not found:
        return None
    row = found[0]
    now: datetime = row.locked_at
    since = -1
    if known is not None:
        since = known.row.revision
        known.row, known.now = row, now
    run = known or Run(row, plan_of(row.plan_id), now)
    run.note_row()
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, [execution_id, since])
        run.put(_step(values) for values in cursor.fetchall())
    return run


@cache
def _row_sql() -> str:
    """Return the lock with every column: asked at each stay at a run, and compiled once."""
    return _LOCK.format(
        columns=", ".join(f"{one.column}" for one in Execution._meta.concrete_fields)
    )


def _step(values: tuple[object, ...]) -> StepState:
    named = dict(zip(COLUMNS, values, strict=False))
    for name in _DOCUMENTS:
        if isinstance(named[name], str):
            named[name] = orjson.loads(str(named[name]))
    unread, output, item = values[len(COLUMNS) :]
    step = StepState(**named)  # type: ignore[arg-type]  # a row of the table, column by column
    if step.wait_child is not None:
        step.wait_child = str(step.wait_child)
    step.output = UNREAD if unread else _document(output)
    step.item = _document(item)
    return step


def _document(value: object) -> object:
    return orjson.loads(value) if isinstance(value, str) else value


@lru_cache(maxsize=_PLANS_KEPT)
def plan_of(plan_id: UUID) -> Plan:
    """Return a stored plan. It never changes, so it is read once by each process."""
    return Plan.model_validate(StoredPlan.objects.get(pk=plan_id).content)
