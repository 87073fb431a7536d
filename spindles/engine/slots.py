"""Slots: how many runs of an organisation, and of one source, are at work at the same time.

A run that only waits gives its slot back, so that sleeping runs and parents of other runs hold
nobody up. Who finds no slot is queued, and is given one when it becomes free: the higher priority
first, then the older one.
"""

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.actors import Actor
from accounts.tenancy import scope, system_scope
from spindles.engine.doorbell import ring_all
from spindles.engine.loading import silence_allowed
from spindles.engine.state import Run

# One at a time of an organisation counts and takes: two could both see the last free slot.
_IN_TURN = """
SELECT set_config('idle_in_transaction_session_timeout', %s, true),
    pg_advisory_xact_lock(hashtextextended('slots:' || %s::text, 0))
"""
# Those that wait and could be at work, were there a slot: of each source as many as it may have.
_LINE = """
busy AS (
    SELECT source_id, count(*) AS runs FROM executions
    WHERE organization_id = %(organization)s AND holds_slot GROUP BY source_id
), line AS (
    SELECT q.execution_id, q.source_id, q.priority, q.queued_at
    FROM (
        SELECT execution_id, source_id, max_concurrency, priority, queued_at, row_number() OVER (
            PARTITION BY source_id ORDER BY priority DESC, queued_at, execution_id) AS place
        FROM executions
        WHERE organization_id = %(organization)s AND queued_at IS NOT NULL
            AND status IN ('pending', 'running')
    ) q LEFT JOIN busy USING (source_id)
    WHERE q.max_concurrency IS NULL OR coalesce(busy.runs, 0) + q.place <= q.max_concurrency
)
"""
# A run whose time is over needs no room: it only ends.
_TAKE = f"""
WITH wanted AS (
    -- Whoever has the row in hand may be waiting for the turn: it is left to them.
    SELECT *, coalesce(queued_at, clock_timestamp()) AS since
    FROM executions WHERE execution_id = %(run)s FOR NO KEY UPDATE SKIP LOCKED
), {_LINE}, taken AS (
    SELECT coalesce(sum(runs), 0) AS runs,
        coalesce(sum(runs) FILTER (WHERE busy.source_id = w.source_id), 0) AS of_source
    FROM wanted w LEFT JOIN busy ON true
), ahead AS (
    SELECT count(*) AS runs, count(*) FILTER (WHERE line.source_id = w.source_id) AS of_source
    FROM line, wanted w
    WHERE line.execution_id <> w.execution_id AND (line.priority > w.priority
        OR line.priority = w.priority
            AND (line.queued_at, line.execution_id) < (w.since, w.execution_id))
), verdict AS (
    SELECT (%(limit)s = 0 OR taken.runs + ahead.runs < %(limit)s)
        AND (w.max_concurrency IS NULL
            OR taken.of_source + ahead.of_source < w.max_concurrency)
        OR coalesce(w.deadline_at <= clock_timestamp(), false) AS free
    FROM taken, ahead, wanted w
)
UPDATE executions e SET holds_slot = free, revision = e.revision + 1,
    queued_at = CASE WHEN free THEN NULL ELSE coalesce(e.queued_at, clock_timestamp()) END,
    wake_at = CASE WHEN free THEN clock_timestamp() + interval '15 seconds' ELSE e.deadline_at END
FROM verdict
WHERE e.execution_id = %(run)s AND NOT e.holds_slot AND e.status IN ('pending', 'running')
RETURNING e.holds_slot
"""  # noqa: S608 - constants only
# A row that somebody has in hand is left to them.
_GRANT = f"""
WITH {_LINE}, next AS (
    SELECT execution_id FROM line ORDER BY priority DESC, queued_at, execution_id
    LIMIT (SELECT CASE WHEN %(limit)s = 0 THEN %(most)s
        ELSE greatest(0, least(%(most)s, %(limit)s - coalesce(sum(runs), 0))) END FROM busy)
), free AS (
    SELECT execution_id FROM executions WHERE execution_id IN (SELECT execution_id FROM next)
        AND queued_at IS NOT NULL AND status IN ('pending', 'running')
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE executions e SET holds_slot = true, queued_at = NULL, revision = e.revision + 1,
    wake_at = clock_timestamp() + interval '15 seconds'
FROM free WHERE e.execution_id = free.execution_id
RETURNING e.execution_id
"""  # noqa: S608 - constants only
_QUEUES = """
SELECT DISTINCT organization_id FROM executions
WHERE queued_at IS NOT NULL AND status IN ('pending', 'running')
"""
_GRANTED_AT_ONCE = 50


def take_slot_at_once(actor: Actor, execution_id: UUID) -> bool:
    """Give a run that has just been created a slot, or a place in the queue (False).

    The organisation's turn is held until the caller's transaction ends.
    """
    return _take(actor, execution_id)


def take_slot(actor: Actor, execution_id: UUID) -> bool:
    """Take a slot for a run, in a transaction of its own; where none is free the run is queued.

    True where the run has one, or needs none because it is not open.
    """
    with scope(actor):
        return _take(actor, execution_id)


def _take(actor: Actor, execution_id: UUID) -> bool:
    limit: int = settings.MAX_RUNNING_PER_ORGANIZATION
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "run": execution_id,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_IN_TURN, [silence_allowed(), actor.tenant_id])
        cursor.execute(_TAKE, parameters)
        taken = cursor.fetchone()
    return taken is None or bool(taken[0])


def give_slot_back(run: Run) -> None:
    """Give the slot of a run back and, on commit, to whoever is next."""
    if run.row.holds_slot:
        run.row.holds_slot = False
        transaction.on_commit(partial(grant_slots, run.row.organization_id))


def grant_slots(organization_id: UUID) -> int:
    """Give the free slots of an organisation to those that are next, and ring for them.

    Whoever is rung for has its slot already, so that each bell is rung once and for nobody in vain.
    Returns for how many runs there was room.
    """
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "most": _GRANTED_AT_ONCE,
        "limit": settings.MAX_RUNNING_PER_ORGANIZATION,
    }
    with system_scope(organization_id), connection.cursor() as cursor:
        cursor.execute(_IN_TURN, [silence_allowed(), organization_id])
        cursor.execute(_GRANT, parameters)
        keys = [key for (key,) in cursor.fetchall()]
    ring_all((organization_id, key) for key in keys)
    return len(keys)


def sweep_queues() -> int:
    """Give free slots to those that wait, in case nobody did; return to how many.

    Nobody else wakes a run that is queued: a long queue costs no more than its head.
    """
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_QUEUES)
        organizations = [key for (key,) in cursor.fetchall()]
    return sum(grant_slots(organization_id) for organization_id in organizations)
