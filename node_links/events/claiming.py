"""Which deliveries may run now: due ones, each aggregate's in order, none that another process has.

A row may run if every earlier row of its aggregate and subscriber has been delivered, or is in the
same claim. The others wait behind the first one that is neither, and are put off until that one's
time, so that an aggregate that is stuck fills no claim.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from node_links.events.subscribing import Subscriber

LOOK_AGAIN_SECONDS = 0.05
"""How soon rows are looked at again that another process holds, or that wait behind such a row."""

STRICT_WAIT_SECONDS = 86_400
"""Rows behind a dead letter wait for a decision, which makes them due at once."""

# Statement time and not the clock's: it is constant, so that the index ends the scan.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT delivery_id, event_id, organization_id, feature_type, entity_id, sequence, attempts,
        replayed, first_failed_at
    FROM event_deliveries
    WHERE subscriber = %(subscriber)s AND status = 'pending' AND not_before <= statement_timestamp()
    ORDER BY not_before, event_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), heads AS (
    SELECT a.organization_id, a.feature_type, a.entity_id, head.sequence, head.until
    FROM (SELECT DISTINCT organization_id, feature_type, entity_id FROM due) a
    CROSS JOIN LATERAL (
        SELECT h.sequence, CASE h.status
            WHEN 'dead' THEN clock_timestamp() + make_interval(secs => %(strict_wait)s)
            ELSE greatest(h.not_before, clock_timestamp() + make_interval(secs => %(look_again)s))
            END AS until
        FROM event_deliveries h
        WHERE h.subscriber = %(subscriber)s AND h.organization_id = a.organization_id
            AND h.feature_type = a.feature_type AND h.entity_id = a.entity_id
            AND h.status IN ('pending', 'dead') AND (h.status = 'pending' OR %(strict)s)
            AND h.delivery_id NOT IN (SELECT delivery_id FROM due)
        ORDER BY h.sequence LIMIT 1
    ) head
)
SELECT due.*, CASE WHEN heads.sequence < due.sequence THEN heads.until END
FROM due LEFT JOIN heads USING (organization_id, feature_type, entity_id)
ORDER BY due.event_id
"""

_PUT_OFF = """
UPDATE event_deliveries d SET not_before = t.until
FROM unnest(%s::uuid[], %s::timestamptz[]) AS t(id, until) WHERE d.delivery_id = t.id
"""

_NEXT = """
SELECT extract(epoch FROM not_before - clock_timestamp())::float8 FROM event_deliveries
WHERE subscriber = %s AND status = 'pending' ORDER BY not_before, event_id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this transaction has locked. `blocked_until`: it waits behind another."""

    id: UUID
    event_id: UUID
    organization_id: UUID
    feature_type: str
    entity_id: UUID
    sequence: int
    attempts: int
    replayed: bool
    first_failed_at: datetime | None
    blocked_until: datetime | None

    @property
    def aggregate(self) -> tuple[UUID, str, UUID]:
        """Whose events this is one of."""
        return self.organization_id, self.feature_type, self.entity_id


def claim(subscriber: Subscriber, limit: int) -> list[Claimed]:
    """Lock up to `limit` due deliveries and return those that may run, in their order.

    What has to wait for an earlier event is put off in passing.
    """
    parameters: dict[str, Any] = {
        "subscriber": subscriber.name,
        "limit": limit,
        "strict": subscriber.strict,
        "strict_wait": STRICT_WAIT_SECONDS,
        "look_again": LOOK_AGAIN_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        rows = [Claimed(*row) for row in cursor.fetchall()]
    put_off({row.id: row.blocked_until for row in rows if row.blocked_until is not None})
    return list(_in_order([row for row in rows if row.blocked_until is None]))


def put_off(until: dict[UUID, datetime]) -> None:
    """Let each delivery wait until the moment given for it."""
    if until:
        with connection.cursor() as cursor:
            cursor.execute(_PUT_OFF, [list(until), list(until.values())])


def seconds_to_next(subscriber: Subscriber) -> float | None:
    """Return in how many seconds a delivery is due that was not claimed; None if none waits.

    At least `LOOK_AGAIN_SECONDS`: what is due already is in another process's hands.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [subscriber.name])
        row = cursor.fetchone()
    return None if row is None else max(float(row[0]), LOOK_AGAIN_SECONDS)


def _in_order(rows: list[Claimed]) -> Iterator[Claimed]:
    """Yield by time over all, by sequence within an aggregate (clocks of hosts may differ)."""
    of_aggregate: dict[tuple[UUID, str, UUID], list[Claimed]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -row.sequence):
        of_aggregate[row.aggregate].append(row)
    return (of_aggregate[row.aggregate].pop() for row in rows)
