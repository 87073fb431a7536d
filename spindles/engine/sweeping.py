"""Ringing for the runs that somebody must look at: due waits and tries, lost workers, lost bells.

Each run carries the moment of the next look. A sweep moves it on and rings; the worker who answers
sets the true one. Any number of sweeps may run: a run that another has in hand is left to it.
"""

from django.db import connection

from accounts.tenancy import system_scope
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


def sweep_runs() -> int:
    """Ring for the runs whose moment has come; return how many there were."""
    return _ring_for(_DUE)


def sweep_children() -> int:
    """Ring for the runs that wait for another one that has ended; return how many there were."""
    return _ring_for(_CHILDREN)


def _ring_for(statement: str) -> int:
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(statement, [_AT_ONCE])
        found = cursor.fetchall()
    ring_all(found)
    return len(found)
