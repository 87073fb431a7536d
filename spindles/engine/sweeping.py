"""Ringing for the runs that somebody must look at: due waits and tries, lost workers, lost bells.

Each run carries the moment of the next look. A sweep moves it on and rings; the worker who answers
sets the true one. Any number of sweeps may run: a run that another has in hand is left to it.
"""

from django.db import connection

from accounts.tenancy import system_scope
from node_links.events.outbox import ring_for
from spindles.engine.doorbell import ring_all

_AT_ONCE = 500

_DUE = """
UPDATE executions SET wake_at = clock_timestamp() + interval '15 seconds'
WHERE execution_id IN (
    SELECT execution_id FROM executions
    WHERE wake_at <= clock_timestamp() AND status IN ('pending', 'running')
    ORDER BY wake_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING organization_id, execution_id
"""
# The bell of a child that has ended may have been lost.
_CHILDREN = """
SELECT DISTINCT s.organization_id, s.execution_id
FROM execution_steps s JOIN executions c ON c.execution_id = s.wait_child
WHERE s.wait_child IS NOT NULL AND s.status = 'waiting'
    AND c.status IN ('completed', 'failed', 'cancelled') LIMIT %s
"""

# An event that came while the transaction in which its step began to wait was still open: neither
# could see the other. So long transactions are not allowed to be.
_MISSED = """
INSERT INTO event_deliveries (delivery_id, organization_id, event_id, subscriber, feature_type,
    entity_id, sequence, status, attempts, not_before, replayed, last_error, created_at)
SELECT DISTINCT ON (e.event_id) uuid7_at(clock_timestamp()), e.organization_id, e.event_id,
    'waiting-steps', e.feature_type, e.entity_id, e.sequence, 'pending', 0, clock_timestamp(),
    false, '', clock_timestamp()
FROM execution_steps s
JOIN node_events e ON e.organization_id = s.organization_id AND e.event_type = s.wait_event
    AND e."timestamp" BETWEEN s.started_at AND s.started_at + interval '30 seconds'
WHERE s.wait_event IS NOT NULL AND s.status = 'waiting'
    AND s.started_at > clock_timestamp() - interval '10 minutes'
    AND NOT EXISTS (
        SELECT FROM event_deliveries d
        WHERE d.event_id = e.event_id AND d.subscriber = 'waiting-steps'
            AND (d.status <> 'delivered' OR d.delivered_at > s.started_at + interval '30 seconds'))
ORDER BY e.event_id LIMIT %s
ON CONFLICT (subscriber, event_id) DO UPDATE SET status = 'pending', not_before = clock_timestamp()
RETURNING 1
"""


def sweep_runs() -> int:
    """Ring for the runs whose moment has come; return how many there were."""
    return _ring_for(_DUE)


def sweep_children() -> int:
    """Ring for the runs that wait for another one that has ended; return how many there were."""
    return _ring_for(_CHILDREN)


def sweep_events() -> int:
    """Deliver the events that a step has just missed; return how many there were."""
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_MISSED, [_AT_ONCE])
        found = len(cursor.fetchall())
        if found:
            ring_for(["waiting-steps"])
    return found


def _ring_for(statement: str) -> int:
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(statement, [_AT_ONCE])
        found = cursor.fetchall()
    ring_all(found)
    return len(found)
