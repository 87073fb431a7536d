"""The database backend of the settings."""

import select
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the server has closed an idle connection.

    A server that goes away says so or closes the socket; either way there is something to read
    where nothing was asked. That costs one system call, while a question to the server, as Django
    and the pool ask it before each use, costs a round trip. A network that swallows everything in
    silence is found out by neither.
    """
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(waiting.poll(0))


class UtcLoader(TimestamptzLoader):
    """Reads the moments of connections that speak UTC; by `timezone` Django knows that they do.

    Django's own reader takes ten times as long, to put moments into the zone they are in already.
    """

    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        """Return the moment. Raises `psycopg.DataError` for one that Python cannot hold."""
        text = bytes(data)
        if text.endswith(b"+00"):
            try:
                return datetime.fromisoformat(text.decode())
            except ValueError:
                pass  # another way of writing: the other reader knows what is wrong with it
        return super().load(data).astimezone(UTC)


@cache
def in_utc(adapters: AdaptersMap) -> AdaptersMap:
    """Return `adapters` with the reader of moments of connections that speak UTC."""
    own = AdaptersMap(adapters)
    own.register_loader("timestamptz", UtcLoader)
    return own


class DatabaseOperations(operations.DatabaseOperations):
    """Knows what a prepared statement was run with."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Return the statement with its parameters, for whoever looks at what was sent."""
        if isinstance(cursor, base.ServerBindingCursor):
            return str(self.compose_sql(sql, params))
        told: str = super().last_executed_query(cursor, sql, params)
        return told


class DatabaseWrapper(base.DatabaseWrapper):
    """Hands out connections of the pool that the server still holds open."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """Return what a connection is opened with."""
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone is UTC:
            params["context"] = in_utc(params["context"])
        return params

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection; one that was lost while it lay in the pool is thrown away."""
        connection = super().get_new_connection(conn_params)
        while self.pool and is_lost(connection):
            connection.close()
            self.pool.putconn(connection)  # the pool replaces it
            connection = super().get_new_connection(conn_params)
        return connection

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor for statements of the code, whose text is always the same.

        Their parameters are sent apart from them, so each connection parses and plans a statement
        once, after it has come a few times (`DB_PREPARE`); for a statement that touches few rows
        that is most of the work. PostgreSQL has to know the type of each parameter from the text:
        one that may be null needs a cast.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]
            wrapped: CursorWrapper = self._prepare_cursor(cursor)  # type: ignore[attr-defined]
            return wrapped

    def is_usable(self) -> bool:
        """Return whether a kept connection still stands and would take a statement."""
        connection = self.connection
        if connection is None or is_lost(connection):
            return False
        failed = connection.info.transaction_status == TransactionStatus.INERROR
        return not failed
