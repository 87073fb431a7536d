"""Slots: how many runs of an organisation, and of one source, are at work at the same time.

A run that only waits gives its slot back, so that sleeping runs and parents of other runs hold
nobody up. Who finds no slot is queued, and is rung for when one becomes free: the higher priority
first, then the older one.
"""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.tenancy import system_scope
from spindles.engine.doorbell import ring
from spindles.engine.state import Run
from spindles.models import Execution

# One at a time of an organisation counts and takes: two could both see the last free slot.
_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('slots:' || %s::text, 0))"
_COUNT = """
SELECT count(*), count(*) FILTER (WHERE source_id = %(source)s),
    (SELECT count(*) FROM executions q
     WHERE q.organization_id = %(organization)s AND q.queued_at IS NOT NULL
         AND q.execution_id <> %(run)s AND q.max_concurrency IS NULL
         AND (q.priority > %(priority)s
             OR q.priority = %(priority)s AND q.queued_at < coalesce(%(queued)s, now())))
FROM executions WHERE organization_id = %(organization)s AND holds_slot
"""
_RING_AHEAD = 3


def take_slot(run: Run) -> bool:
    """Take a slot for a run that has something to do; where none is free it is queued."""
    row = run.row
    if row.holds_slot:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_IN_TURN, [row.organization_id])
        cursor.execute(
            _COUNT,
            {
                "organization": row.organization_id,
                "source": row.source_id,
                "run": row.pk,
                "priority": row.priority,
                "queued": row.queued_at,
            },
        )
        busy, of_source, ahead = cursor.fetchone() or (0, 0, 0)
    limit: int = settings.MAX_RUNNING_PER_ORGANIZATION
    free = busy + ahead < limit if limit else True
    if free and (row.max_concurrency is None or of_source < row.max_concurrency):
        row.holds_slot, row.queued_at = True, None
        return True
    row.queued_at = row.queued_at or run.now
    return False


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
