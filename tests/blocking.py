"""Waiting for another connection to wait for us: what tests of locks need in place of a sleep."""

import time
from concurrent.futures import Future, wait
from typing import Any

from django.db import connection

_WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted"
    " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)


def wait_until_blocked(late: Future[Any]) -> None:
    """Wait until another connection waits for a row of ours, or is done without waiting."""
    deadline = time.monotonic() + 10
    while not late.done() and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            if cursor.fetchone() != (0,):
                return
        wait([late], timeout=0.02)
