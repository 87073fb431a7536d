"""Slots: how many runs of an organisation, and of one source, are at work at the same time.

A run that only waits gives its slot back, so that sleeping runs and parents of other runs hold
nobody up. Who finds no slot is queued, and is rung for when one becomes free: the higher priority
first, then the older one.
"""

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.actors import Actor
from accounts.tenancy import scope, system_scope
from spindles.engine.doorbell import ring
from spindles.engine.state import Run
from spindles.models import Execution

# One at a time of an organisation counts and takes: two could both see the last free slot.
_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('slots:' || %s::text, 0))"
_TAKE = """
WITH wanted AS (
    -- Whoever has the row in hand may be waiting for the turn: it is left to them.
    SELECT * FROM executions WHERE execution_id = %(run)s FOR NO KEY UPDATE SKIP LOCKED
), busy AS (
    SELECT count(*) AS runs, count(*) FILTER (WHERE e.source_id = w.source_id) AS of_source
    FROM executions e, wanted w WHERE e.organization_id = %(organization)s AND e.holds_slot
), ahead AS (
    SELECT count(*) AS runs FROM executions q, wanted w
    WHERE q.organization_id = %(organization)s AND q.queued_at IS NOT NULL
        AND q.execution_id <> w.execution_id AND q.max_concurrency IS NULL
        AND (q.priority > w.priority
            OR q.priority = w.priority AND q.queued_at < coalesce(w.queued_at, now()))
), verdict AS (
    SELECT (%(limit)s = 0 OR busy.runs + ahead.runs < %(limit)s)
        AND (w.max_concurrency IS NULL OR busy.of_source < w.max_concurrency) AS free
    FROM busy, ahead, wanted w
)
UPDATE executions e SET holds_slot = free, revision = e.revision + 1,
    queued_at = CASE WHEN free THEN NULL ELSE coalesce(e.queued_at, clock_timestamp()) END,
    wake_at = clock_timestamp() + interval '15 seconds'
FROM verdict
WHERE e.execution_id = %(run)s AND NOT e.holds_slot AND e.status IN ('pending', 'running')
RETURNING e.holds_slot
"""
_RING_AHEAD = 3


def take_slot_at_once(actor: Actor, execution_id: UUID) -> None:
    """Give a run that has just been created a slot, or a place in the queue.

    The organisation's turn is held until the caller's transaction ends.
    """
    _take(actor, execution_id)


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
        cursor.execute(_IN_TURN, [actor.tenant_id])
        cursor.execute(_TAKE, parameters)
        taken = cursor.fetchone()
    return taken is None or bool(taken[0])


def give_slot_back(run: Run) -> None:
    """Give the slot of a run back and, on commit, ring for those that wait for one."""
    if run.row.holds_slot:
        run.row.holds_slot = False
        transaction.on_commit(partial(ring_queued, run.row.organization_id))


def ring_queued(organization_id: UUID) -> None:
    """Ring for the runs that are next in the organisation's queue."""
    with system_scope(organization_id):
        waiting = Execution.objects.filter(organization_id=organization_id).queued()
        keys = list(waiting.values_list("pk", flat=True)[:_RING_AHEAD])
    for key in keys:
        ring(organization_id, key)
