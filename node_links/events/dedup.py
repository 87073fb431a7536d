"""Keys under which events were published a moment ago, so that a repetition is no second event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

WINDOW_SECONDS = 60

# Rows are claimed in the order of their keys, so that two batches cannot wait for each other. A
# claim of a key that another transaction has just taken waits for that transaction's end.
_CLAIM = """
INSERT INTO event_dedup_keys AS k (organization_id, key, event_id, published_at)
SELECT %(organization)s, wanted.key, wanted.id, clock_timestamp()
FROM unnest(%(keys)s::text[], %(ids)s::uuid[]) AS wanted(key, id) ORDER BY wanted.key
ON CONFLICT (organization_id, key) DO UPDATE
SET event_id = excluded.event_id, published_at = excluded.published_at
WHERE k.published_at <= clock_timestamp() - %(window)s * interval '1 second'
RETURNING key
"""
_HOLDERS = """
SELECT key, event_id FROM event_dedup_keys
WHERE organization_id = %(organization)s AND key = ANY(%(keys)s)
"""
# Each publication clears away about as much as it adds; rows that somebody claims are left to them.
_FORGET = """
DELETE FROM event_dedup_keys WHERE organization_id = %(organization)s AND key IN (
    SELECT key FROM event_dedup_keys
    WHERE organization_id = %(organization)s
      AND published_at < clock_timestamp() - 2 * %(window)s * interval '1 second'
      AND NOT key = ANY(%(keys)s)
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""


def claim(organization_id: UUID, wanted: Mapping[str, UUID]) -> dict[str, UUID]:
    """Take `{key: event id}` for this transaction; return whose event each key stands for.

    That is the given event, or the one that was published under the key in the last
    `WINDOW_SECONDS`. Whoever claims the same key meanwhile waits until the transaction has ended.
    """
    if not wanted:
        return {}
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "keys": list(wanted),
        "ids": list(wanted.values()),
        "window": WINDOW_SECONDS,
        "limit": 2 * len(wanted),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        claimed = {key for (key,) in cursor.fetchall()}
        holders = dict(wanted)
        if len(claimed) < len(wanted):
            cursor.execute(_HOLDERS, parameters)
            holders = dict(cursor.fetchall())
        cursor.execute(_FORGET, parameters)
    return holders
