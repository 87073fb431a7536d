"""Removing finished runs after a while, with everything that belongs to them. Off by default."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts.tenancy import system_scope
from spindles.models import Execution

logger = structlog.get_logger(__name__)

AT_ONCE = 100
"""So many runs, with those that they started, are removed in one transaction."""

# A run goes with all that it started, and only once the last of them is old enough.
_EXPIRED = """
SELECT e.execution_id FROM executions e
WHERE e.parent_id IS NULL AND e.status IN ('completed', 'failed', 'cancelled')
    AND e.completed_at < %(before)s
    AND (%(organization)s::uuid IS NULL OR e.organization_id = %(organization)s)
    AND NOT EXISTS (
        WITH RECURSIVE below AS (
            SELECT execution_id, status, completed_at FROM executions
            WHERE parent_id = e.execution_id
            UNION ALL
            SELECT c.execution_id, c.status, c.completed_at
            FROM executions c JOIN below b ON c.parent_id = b.execution_id)
        SELECT FROM below
        WHERE status NOT IN ('completed', 'failed', 'cancelled')
            OR completed_at >= %(before)s)
"""
_BELOW = """
WITH RECURSIVE tree AS (
    SELECT execution_id, organization_id FROM executions WHERE execution_id = ANY(%s)
    UNION ALL
    SELECT c.execution_id, c.organization_id
    FROM executions c JOIN tree t ON c.parent_id = t.execution_id)
SELECT organization_id, execution_id FROM tree
"""


@dataclass(frozen=True, slots=True)
class Purged:
    """What went: runs, those below them included, and files."""

    runs: int
    files: int


def keep_runs_from(days: int | None = None) -> datetime | None:
    """Return the moment before which finished runs go, None where they are kept for good.

    `days` is by default the setting EXECUTION_DAYS, of which 0 means for good.
    """
    days = settings.EXECUTION_DAYS if days is None else days
    return timezone.now() - timedelta(days=days) if days > 0 else None


def count_expired_runs(*, before: datetime, organization_id: UUID | None = None) -> int:
    """Return how many runs ended before that moment, not counting those below them."""
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({_EXPIRED}) AS expired",  # noqa: S608 -- our own text
            {"before": before, "organization": organization_id},
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def purge_runs(
    *,
    before: datetime,
    organization_id: UUID | None = None,
    advance: Callable[[int], object] | None = None,
) -> Purged:
    """Remove the runs that ended before that moment, with steps, tries, logs, snapshots and files.

    `advance` hears of each batch how many runs it removed, those below them not counted. What
    happened stays in the events. Files are removed after their rows, so a process that dies
    between the two leaves files that nobody refers to and nothing else.
    """
    runs = files = 0
    while True:
        with system_scope(), transaction.atomic():
            roots, tree = _next_batch(before, organization_id)
            if not roots:
                return Purged(runs, files)
            Execution.objects.filter(pk__in=[run for _, run in tree]).delete()
        runs += len(tree)
        files += sum(_remove_folder(f"executions/{tenant}/{run}") for tenant, run in tree)
        if advance is not None:
            advance(len(roots))


def _next_batch(
    before: datetime, organization_id: UUID | None
) -> tuple[list[UUID], list[tuple[UUID, UUID]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_EXPIRED} ORDER BY e.completed_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED",
            {"before": before, "organization": organization_id},
        )
        roots = [row[0] for row in cursor.fetchall()]
        cursor.execute(_BELOW, [roots])
        return roots, cursor.fetchall()


def _remove_folder(folder: str) -> int:
    """Remove the outputs of a run that were too large for its rows; return how many."""
    try:
        _, names = default_storage.listdir(folder)
        for name in names:
            default_storage.delete(f"{folder}/{name}")
        default_storage.delete(folder)
    except FileNotFoundError:
        return 0  # its outputs were small
    except OSError as error:
        logger.warning("files_of_run_kept", folder=folder, error=str(error))
        return 0
    return len(names)
