"""How long the trail is kept, and the one way in which it is shortened."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.tenancy import system_scope
from node_links.models import AuditLog

BATCH = 5_000


def keep_from(days: int | None = None) -> datetime:
    """Return the moment before which the trail goes: `days` ago, by default by the setting."""
    kept = settings.AUDIT_DAYS if days is None else days
    return timezone.now() - timedelta(days=kept)


def count_expired(before: datetime) -> int:
    """Return how many rows are older than `before`."""
    with system_scope():
        return AuditLog.objects.before(before).count()


def remove_expired(before: datetime, *, batch: int = BATCH) -> int:
    """Remove what is older than `before` and return how many rows went.

    Each batch is a transaction of its own and leaves a row in the trail that says how many went.
    Raises `DatabaseError` for a moment within the last day.
    """
    removed = 0
    while True:
        with system_scope(), connection.cursor() as cursor:
            cursor.execute("SELECT cleanup_audit_logs(%s, %s)", [before, batch])
            row: tuple[int] = cursor.fetchone()
        removed += row[0]
        if row[0] < batch:
            return removed
