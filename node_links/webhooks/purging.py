"""Forgetting messages to webhooks that were sent, or given up, long ago."""

from django.conf import settings

from accounts.purging import BATCH, purge

_PURGE = """
DELETE FROM webhook_deliveries WHERE delivery_id IN (
    SELECT delivery_id FROM webhook_deliveries
    WHERE finished_at < now() - make_interval(days => %(days)s)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


def purge_messages(*, batch: int = BATCH) -> int:
    """Delete messages finished more than `WEBHOOK_LOG_DAYS` ago; return how many."""
    return purge(_PURGE, {"days": settings.WEBHOOK_LOG_DAYS}, batch=batch)
