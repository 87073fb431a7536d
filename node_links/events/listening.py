"""One connection that listens to PostgreSQL's notices, outside of Django's pool."""

import select
import socket
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import structlog
from django.db import connections
from psycopg import sql

logger = structlog.get_logger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_ADDRESS = ("host", "port", "user", "password", "dbname", "connect_timeout")
# A server that vanished without a word is found out within about half a minute.
_KEEPALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}


class Listener:
    """Calls `heard(channel, payload)` for each notice, until stopped.

    Notices that were sent while there was no connection are lost: after each connecting it calls
    `connected()`, and whoever listens looks at the tables instead.
    """

    def __init__(
        self,
        channels: Sequence[str],
        heard: Callable[[str, str], None],
        connected: Callable[[], None],
    ) -> None:
        self._channels = channels
        self._heard = heard
        self._connected = connected
        self._awake, self._waker = socket.socketpair()
        self._stopped = False

    def stop(self) -> None:
        """Let `run()` return. May be called from another thread and from a signal handler."""
        self._stopped = True
        self._waker.send(b"\0")

    def run(self) -> None:
        """Listen; a lost connection is opened again, after longer and longer pauses."""
        pause = _FIRST_PAUSE
        while not self._stopped:
            try:
                with self._connect() as connection:
                    pause = _FIRST_PAUSE
                    self._listen(connection)
            except psycopg.OperationalError as error:
                logger.warning("listener_lost", error=str(error).strip(), again_in=pause)
                select.select([self._awake], [], [], pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _connect(self) -> psycopg.Connection[Any]:
        given = connections["default"].get_connection_params()
        address: dict[str, Any] = {key: given[key] for key in _ADDRESS if key in given}
        address |= _KEEPALIVE
        connection = psycopg.connect(**address, autocommit=True)
        for channel in self._channels:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        return connection

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        self._connected()
        while not self._stopped:
            select.select([connection.fileno(), self._awake.fileno()], [], [])
            for notice in connection.notifies(timeout=0):
                self._heard(notice.channel, notice.payload)
