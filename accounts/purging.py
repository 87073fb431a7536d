"""Deleting what has run out, a batch at a time."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from accounts.tenancy import system_scope

BATCH = 10_000


def purge(statement: str, parameters: Mapping[str, Any], *, batch: int = BATCH) -> int:
    """Run a DELETE of at most `%(batch)s` rows until there are no more; return how many went.

    Each batch is a transaction of its own in the platform's scope, so that nobody waits for long
    behind a great many rows. Statements skip rows that somebody has locked; the next night finds
    them.
    """
    deleted = 0
    while True:
        with system_scope(), connection.cursor() as cursor:
            cursor.execute(statement, {**parameters, "batch": batch})
            count = int(cursor.rowcount)
        deleted += count
        if count < batch:
            return deleted
