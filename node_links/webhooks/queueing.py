"""From an event to the messages that are to be sent because of it."""

from typing import Any

from django.db import connection, transaction

from node_links.events.envelope import Event
from node_links.webhooks.doorbell import sending

# ON CONFLICT: an event that is delivered a second time is one message all the same.
_QUEUE = """
INSERT INTO webhook_deliveries (delivery_id, organization_id, webhook_id, event_id, event_type,
    status, attempts, not_before, last_response, last_error, log, created_at)
SELECT gen_random_uuid(), w.organization_id, w.webhook_id, %(event)s, %(type)s,
    'pending', 0, clock_timestamp(), '', '', '[]', clock_timestamp()
FROM webhooks w
WHERE w.organization_id = %(organization)s AND w.status = 'active'
    AND coalesce(w.filter ->> 'feature_type', %(feature)s) = %(feature)s
    AND coalesce(w.filter ->> 'entity_id', %(entity)s) = %(entity)s
    AND EXISTS (
        SELECT FROM unnest(w.types) AS wanted WHERE wanted = %(type)s
            OR right(wanted, 1) = '*' AND starts_with(%(type)s, left(wanted, -1))
    )
ON CONFLICT (webhook_id, event_id) DO NOTHING
"""


def queue_messages(event: Event) -> int:
    """Queue `event` for every webhook that wants it; return for how many.

    Runs inside a transaction; the sending task is woken when it is committed.
    """
    parameters: dict[str, Any] = {
        "event": event.id,
        "type": event.event_type,
        "organization": event.organization_id,
        "feature": event.feature_type,
        "entity": str(event.entity_id),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, parameters)
        queued = int(cursor.rowcount)
    if queued:
        transaction.on_commit(sending.ring)
    return queued
