"""The watch on the app's connections: counts every statement, hands over the slow ones.

It runs around each statement of each request, so it does a clock reading and two additions and
leaves all else to the recorder's thread.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from config.metrics.queries import QUERIES, QUERY_ERRORS, QUERY_SECONDS, SLOW_QUERIES
from config.request_context import current_request_id
from config.slow_queries.recorder import Observation, recorder
from config.slow_queries.statements import parameter_types
from config.slow_queries.suggestions import REPEATED_STATEMENTS

WATCHED_ALIAS = "default"
# A long task may send any number of statements; repetition shows in the first thousand shapes.
MAX_SHAPES = 1000


@dataclass(slots=True)
class Tally:
    """The statements of one request or task."""

    count: int = 0
    seconds: float = 0.0
    shapes: dict[str, int] = field(default_factory=dict)

    def add(self, sql: str, seconds: float) -> None:
        """Count one statement."""
        self.count += 1
        self.seconds += seconds
        if sql in self.shapes or len(self.shapes) < MAX_SHAPES:
            self.shapes[sql] = self.shapes.get(sql, 0) + 1


_tally: ContextVar[Tally | None] = ContextVar("query_tally", default=None)


@contextmanager
def query_watch() -> Iterator[Tally]:
    """Tally the statements of the block: one request or one task.

    At its end they are added to the metrics, and a statement that was sent more than ten times is
    recorded (an N+1 read).
    """
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)
        QUERIES.inc(tally.count)
        QUERY_SECONDS.inc(tally.seconds)
        if tally.count > REPEATED_STATEMENTS:
            _record_repeated(tally)


def _record_repeated(tally: Tally) -> None:
    if settings.SLOW_QUERY_SECONDS <= 0:
        return
    for sql, times in tally.shapes.items():
        if times > REPEATED_STATEMENTS and sql.startswith("SELECT"):
            recorder.submit(Observation(sql, repeated=times, request_id=current_request_id()))


def watch_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run one statement and take its time (Django's hook around every statement)."""
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except DatabaseError as error:
        QUERY_ERRORS.labels(type(error).__name__).inc()
        raise
    finally:
        _account(sql, time.perf_counter() - started, params, many)


def _account(sql: Any, seconds: float, params: Any, many: bool) -> None:
    tally = _tally.get()
    text = sql if isinstance(sql, str) else str(sql)
    if tally is None:
        QUERIES.inc()
        QUERY_SECONDS.inc(seconds)
    else:
        tally.add(text, seconds)
    if 0 < settings.SLOW_QUERY_SECONDS <= seconds and not recorder.is_current_thread():
        record_query(text, seconds, next(iter(params), None) if many and params else params)


def record_query(sql: str, duration: float, params: object = None) -> None:
    """Hand one slow statement to the recorder; returns at once.

    Args:
        sql: the statement with psycopg's placeholders.
        duration: seconds.
        params: its parameters, of which only the types are kept.
    """
    SLOW_QUERIES.inc()
    recorder.submit(
        Observation(
            sql,
            seconds=duration,
            parameter_types=parameter_types(params),
            request_id=current_request_id(),
        )
    )


def watch_connection(
    sender: type[BaseDatabaseWrapper], connection: BaseDatabaseWrapper, **_options: Any
) -> None:
    """Put the watch on a new connection of the app role."""
    if connection.alias == WATCHED_ALIAS and watch_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(watch_statement)


def install() -> None:
    """Watch every connection from now on; called once when the app is ready."""
    connection_created.connect(watch_connection, dispatch_uid="config.slow_queries")
