"""Reading from a replica: which requests may, and that a writer always sees what it wrote.

With `DATABASE_REPLICA_URL` set there is a third door to the data, the alias `replica`: a standby of
the same database, reached by the app role and so under the same row-level security. A request that
only reads (GET, HEAD) is carried out on it in one transaction of its own: the router sends every
query of the ORM there, and SQL written by hand asks `reader()` for its connection. Writes go to
`default` always.

A standby is a moment behind. Whoever has written is therefore remembered in Valkey for a while,
with the place in the write-ahead log that the replica must have replayed before it may answer that
person again; until then, and whenever Valkey or the replica cannot be asked, `default` answers.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError, OperationalError

from config import valkey

REPLICA = "replica"
SAFE_METHODS = frozenset({"GET", "HEAD"})
# Longer than any standby that is of use lags behind; one that lags longer is out of order.
REMEMBER_SECONDS = 300
UNKNOWN = "unknown"
_KEY = "nodeloom:written:{}"

log = structlog.get_logger(__name__)
outage = valkey.Outage()
"""What this process knows of the replica being away: while it is paused nobody asks it."""

_alias: ContextVar[str] = ContextVar("reading_alias", default=DEFAULT_DB_ALIAS)
_window: ContextVar[ExitStack | None] = ContextVar("reading_window", default=None)


class ReadsFromReplica:
    """Routes the reads of a request that reads from the replica; writes go to `default`."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return the replica within such a request, else leave the choice to Django."""
        alias = _alias.get()
        return None if alias == DEFAULT_DB_ALIAS else alias

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        """Return `default` for what was read from the replica, else leave the choice to Django."""
        instance = hints.get("instance")
        state = getattr(instance, "_state", None)
        return DEFAULT_DB_ALIAS if state is not None and state.db == REPLICA else None


def reading_alias() -> str:
    """Return the alias on which the running code reads."""
    return _alias.get()


def reader() -> BaseDatabaseWrapper:
    """Return the connection on which the running code reads by SQL of its own."""
    return connections[_alias.get()]


@contextmanager
def reading_window() -> Iterator[None]:
    """Let `read_from_replica` take effect until the block ends."""
    with ExitStack() as stack:
        token = _window.set(stack)
        stack.callback(_window.reset, token)
        yield


def read_from_replica(user_id: UUID, method: str | None) -> bool:
    """Send the reads of the rest of this window to the replica, if this request may read there.

    Returns whether it may: a replica is configured, the request only reads, and the replica has
    replayed what this user wrote. The reads run in one transaction, in which the caller still has
    to enter its tenant.
    """
    window = _window.get()
    if window is None or method not in SAFE_METHODS or REPLICA not in connections.settings:
        return False
    if outage.paused:
        return False
    wanted = _wanted(user_id)
    if wanted == UNKNOWN:
        return False
    return _open(window, wanted)


def remember_write_on_commit(user_id: UUID | None) -> None:
    """Note, once the running transaction is committed, how far the replica must be to answer
    this user again."""
    if user_id is not None and REPLICA in connections.settings:
        transaction.on_commit(partial(_remember, user_id))


def _remember(user_id: UUID) -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        (position,) = cursor.fetchone() or ("",)
    key = _KEY.format(user_id)
    valkey.ask(lambda client: client.set(key, position, ex=REMEMBER_SECONDS), otherwise=None)


def lag_seconds() -> float:
    """Return how far the replica is behind, in seconds; 0 without one."""
    if REPLICA not in connections.settings:
        return 0.0
    with connections[REPLICA].cursor() as cursor:
        # A standby that has replayed all it was sent lags by nothing, however long nobody wrote.
        cursor.execute(
            "SELECT CASE WHEN pg_last_wal_receive_lsn() IS NOT DISTINCT FROM"
            " pg_last_wal_replay_lsn() THEN 0"
            " ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END::float8"
        )
        row = cursor.fetchone()
    return float(row[0] or 0) if row else 0.0


def _wanted(user_id: UUID) -> str | None:
    """Return the position this user wrote last, None if none lately, `UNKNOWN` without Valkey."""
    unknown: Any = UNKNOWN
    found = valkey.ask(lambda client: client.get(_KEY.format(user_id)), otherwise=unknown)
    return found.decode() if isinstance(found, bytes) else found


def _open(window: ExitStack, wanted: str | None) -> bool:
    attempt = ExitStack()
    try:
        attempt.enter_context(transaction.atomic(using=REPLICA))
        behind = wanted is not None and not _has_replayed(wanted)
        if wanted is None:
            connections[REPLICA].ensure_connection()
    except (OperationalError, InterfaceError) as error:
        outage.note(ConnectionError("The replica cannot be reached."))
        log.warning("replica_unavailable", error=type(error).__name__)
        _abandon(attempt)
        return False
    if behind:
        attempt.close()
        return False
    window.push(attempt)
    token = _alias.set(REPLICA)
    window.callback(_alias.reset, token)
    return True


def _has_replayed(position: str) -> bool:
    with connections[REPLICA].cursor() as cursor:
        # No standby, but the same server by another role: it is never behind.
        cursor.execute(
            "SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= %s::pg_lsn", [position]
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _abandon(attempt: ExitStack) -> None:
    try:
        attempt.close()
    except Error:
        connections[REPLICA].close()
