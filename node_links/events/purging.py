"""Forgetting deliveries that were made long ago; the events stay."""

from typing import Any

from django.conf import settings
from django.db import connection

from accounts.tenancy import system_scope
from node_links.events.subscribing import subscribers

_BATCH = 10_000

# Discarded and delivered ones, and those for a subscriber that exists no more.
_PURGE = """
DELETE FROM event_deliveries WHERE delivery_id IN (
    SELECT delivery_id FROM event_deliveries
    WHERE status = 'delivered' AND delivered_at < now() - make_interval(days => %(days)s)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""
_PURGE_ORPHANS = """
DELETE FROM event_deliveries WHERE delivery_id IN (
    SELECT delivery_id FROM event_deliveries
    WHERE created_at < now() - make_interval(days => %(days)s)
        AND (status = 'discarded' OR NOT subscriber = ANY(%(known)s))
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def purge_deliveries() -> int:
    """Delete what was delivered more than `DELIVERY_DAYS` ago, in batches; return how many rows.

    So are deliveries of that age that were discarded, or whose subscriber exists no more.
    """
    parameters: dict[str, Any] = {
        "days": settings.DELIVERY_DAYS,
        "batch": _BATCH,
        "known": [subscriber.name for subscriber in subscribers.all()],
    }
    return sum(_purge(statement, parameters) for statement in (_PURGE, _PURGE_ORPHANS))


def _purge(statement: str, parameters: dict[str, Any]) -> int:
    deleted = 0
    while True:
        with system_scope(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            count = int(cursor.rowcount)
        deleted += count
        if count < _BATCH:
            return deleted
