"""Probes of what the platform stands on, all at once and in bounded time.

Each probe runs on a thread of its own and opens its own connection, so a pool that is empty or a
server that hangs cannot hold the caller. A probe that is still stuck from an earlier call is not
started a second time: its callers wait for the same one, so a hanging server costs one thread.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError
from dataclasses import dataclass
from enum import StrEnum

import psycopg
import structlog
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from redis import Redis
from redis.exceptions import RedisError

from config.broker import broker_client
from config.worker_beat import STALE_SECONDS, living_workers

logger = structlog.get_logger(__name__)

DEADLINE_SECONDS = 2.5
REDIS_SECONDS = 1.0


class Status(StrEnum):
    """How a part is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Probe:
    """What a probe found: `detail` is for people and names neither hosts nor secrets."""

    status: Status
    latency_ms: float
    detail: str


class ProbeFailed(Exception):
    """The part does not do its work; the message says what is wrong in one line."""


def open_database() -> "psycopg.Connection[tuple[object, ...]]":
    """Open a connection of the app role beside the pool, trying for two seconds at most."""
    params = connections["default"].get_connection_params()
    for ours in ("cursor_factory", "context"):
        params.pop(ours, None)
    params["connect_timeout"] = 2
    return psycopg.connect(**params, autocommit=True, options="-c statement_timeout=2000")


def check_database() -> str:
    """Ask PostgreSQL for its version."""
    with open_database() as connection:
        return f"PostgreSQL {connection.info.server_version // 10000}"


def check_cache() -> str:
    """Ask the cache server for an answer."""
    with Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=None,
    ) as client:
        client.ping()
    return "answers"


def check_broker() -> str:
    """Ask the broker for an answer."""
    with broker_client(REDIS_SECONDS) as client:
        client.ping()
    return "answers"


def check_workers() -> str:
    """Look for a worker whose last heartbeat is at most 30 seconds old."""
    workers = living_workers()
    if not workers:
        raise ProbeFailed(f"No worker has reported within {STALE_SECONDS} seconds.")
    oldest = max(workers.values())
    return f"{len(workers)} alive, oldest heartbeat {oldest:.0f} s ago"


_migrated = threading.Event()


def check_migrations() -> str:
    """Compare the migrations on disk with those applied. Once complete it stays so."""
    if not _migrated.is_set():
        missing = pending_migrations()
        if missing:
            raise ProbeFailed(f"Not applied: {', '.join(missing)}. Run manage.py migrate.")
        _migrated.set()
    return "all applied"


def pending_migrations() -> list[str]:
    """Return the migrations on disk that were not applied, as `app.name`.

    Raises:
        psycopg.Error: the database does not answer or was never migrated.
    """
    with open_database() as connection:
        rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    applied = {(str(app), str(name)) for app, name in rows}
    loader = MigrationLoader(None)
    return sorted(
        f"{app}.{name}"
        for app, name in loader.graph.nodes
        if (app, name) not in applied
        and not _replaced_by(applied, loader.replacements.get((app, name)))
    )


def _replaced_by(applied: set[tuple[str, str]], squashed: object) -> bool:
    return squashed is not None and set(getattr(squashed, "replaces", ())) <= applied


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "cache": check_cache,
    "broker": check_broker,
    "workers": check_workers,
    "migrations": check_migrations,
}
# What is missed but not needed.
OPTIONAL = frozenset({"cache"})

_lock = threading.Lock()
_under_way: dict[str, "Future[Probe]"] = {}


def check_all() -> dict[str, Probe]:
    """Probe every part side by side; returns after 2.5 seconds at the latest."""
    started = time.monotonic()
    futures = {name: _start(name, check) for name, check in CHECKS.items()}
    found = {}
    for name, future in futures.items():
        left = max(0.0, DEADLINE_SECONDS - (time.monotonic() - started))
        try:
            found[name] = future.result(timeout=left)
        except TimeoutError:
            waited = round(DEADLINE_SECONDS * 1000, 1)
            found[name] = Probe(_bad(name), waited, f"No answer within {DEADLINE_SECONDS} s.")
    return found


def _start(name: str, check: Callable[[], str]) -> "Future[Probe]":
    with _lock:
        running = _under_way.get(name)
        if running is not None and not running.done():
            return running
        future: Future[Probe] = Future()
        _under_way[name] = future
    threading.Thread(
        target=_settle, args=(future, name, check), name=f"probe-{name}", daemon=True
    ).start()
    return future


def _settle(future: "Future[Probe]", name: str, check: Callable[[], str]) -> None:
    try:
        future.set_result(_probe(name, check))
    except BaseException as error:
        # Whatever it is belongs to the caller, who waits for this very future.
        future.set_exception(error)
        raise


def _probe(name: str, check: Callable[[], str]) -> Probe:
    started = time.perf_counter()
    try:
        status, detail = Status.OK, check()
    except ProbeFailed as error:
        status, detail = _bad(name), str(error)
    except (psycopg.Error, RedisError, OSError) as error:
        # The message may name hosts and users: it goes to the log, the class to the caller.
        logger.warning("probe_failed", part=name, error=str(error).strip())
        status, detail = _bad(name), f"Does not answer ({type(error).__name__})."
    return Probe(status, round((time.perf_counter() - started) * 1000, 1), detail)


def _bad(name: str) -> Status:
    return Status.DEGRADED if name in OPTIONAL else Status.FAILED
