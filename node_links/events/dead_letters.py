"""Events that a subscriber refused at every try: put aside, and sent again or let go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from config.ids import uuid7
from node_links.events.claiming import Claimed
from node_links.events.outbox import ring_for

_BURY = """
INSERT INTO dead_letters AS d (dead_letter_id, organization_id, event_id, subscriber, error, tries,
    first_failed_at, last_failed_at, status, reason)
VALUES (%(id)s, %(organization)s, %(event)s, %(subscriber)s, %(error)s, %(tries)s, %(first)s,
    %(last)s, 'open', '')
ON CONFLICT (subscriber, event_id) DO UPDATE SET error = excluded.error,
    tries = d.tries + excluded.tries, last_failed_at = excluded.last_failed_at, status = 'open',
    reason = '', resolved_by_id = NULL, resolved_at = NULL
"""

# The rows behind a decided one may have been put off for long: they become due with it.
_SETTLE = """
WITH settled AS (
    UPDATE event_deliveries d SET status = %(status)s, attempts = 0, first_failed_at = NULL,
        not_before = statement_timestamp()
    FROM unnest(%(subscribers)s::text[], %(events)s::uuid[]) AS t(subscriber, event_id)
    WHERE d.subscriber = t.subscriber AND d.event_id = t.event_id AND d.status = 'dead'
    RETURNING d.*
)
UPDATE event_deliveries d SET not_before = statement_timestamp()
FROM settled s WHERE d.subscriber = s.subscriber AND d.organization_id = s.organization_id
    AND d.feature_type = s.feature_type AND d.entity_id = s.entity_id
    AND d.sequence > s.sequence AND d.status = 'pending'
"""


def bury(row: Claimed, *, subscriber: str, error: str, now: datetime) -> None:
    """Put a delivery that failed for the last time where an operator sees it."""
    parameters: dict[str, Any] = {
        "id": uuid7(),
        "organization": row.organization_id,
        "event": row.event_id,
        "subscriber": subscriber,
        "error": error,
        "tries": row.attempts + 1,
        "first": row.first_failed_at or now,
        "last": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BURY, parameters)


def settle(letters: Sequence[tuple[str, UUID]], status: str) -> None:
    """Make dead deliveries, given as (subscriber, event id), pending or discarded.

    What waits behind them becomes due, and the relays are told when the transaction is committed.
    """
    if not letters:
        return
    names = [name for name, _ in letters]
    parameters: dict[str, Any] = {
        "status": status,
        "subscribers": names,
        "events": [e for _, e in letters],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, parameters)
    ring_for(names)
