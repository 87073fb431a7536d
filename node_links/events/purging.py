"""Forgetting deliveries and replays of long ago, and keys that have run out; the events stay."""

from typing import Any

from django.conf import settings

from accounts.purging import BATCH, purge
from node_links.events.dedup import WINDOW_SECONDS
from node_links.events.subscribing import subscribers

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


_PURGE_REPLAYS = """
DELETE FROM event_replays WHERE replay_id IN (
    SELECT replay_id FROM event_replays
    WHERE finished_at < now() - make_interval(days => %(days)s)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""
_PURGE_DEDUP_KEYS = """
DELETE FROM event_dedup_keys WHERE (organization_id, key) IN (
    SELECT organization_id, key FROM event_dedup_keys
    WHERE published_at < now() - make_interval(secs => %(seconds)s)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def purge_deliveries(*, batch: int = BATCH) -> int:
    """Delete what was delivered more than `DELIVERY_DAYS` ago, in batches; return how many rows.

    So are deliveries of that age that were discarded, or whose subscriber exists no more.
    """
    parameters: dict[str, Any] = {
        "days": settings.DELIVERY_DAYS,
        "known": [subscriber.name for subscriber in subscribers.all()],
    }
    return sum(purge(one, parameters, batch=batch) for one in (_PURGE, _PURGE_ORPHANS))


def purge_replays(*, batch: int = BATCH) -> int:
    """Delete replays that ended more than `DELIVERY_DAYS` ago; return how many."""
    return purge(_PURGE_REPLAYS, {"days": settings.DELIVERY_DAYS}, batch=batch)


def purge_dedup_keys(*, batch: int = BATCH) -> int:
    """Delete keys against doubles that bind nobody any more; return how many.

    Each publication clears some away; these are those of organisations that publish no more.
    """
    return purge(_PURGE_DEDUP_KEYS, {"seconds": 2 * WINDOW_SECONDS}, batch=batch)
