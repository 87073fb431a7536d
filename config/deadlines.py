"""A limit to the whole of an exchange over the network.

Time-outs of sockets count from the last byte, so a peer that sends one byte every few seconds is
never too slow for them. Inside `deadline()` every wait of a `TimedStream` ends when the time of the
whole exchange is up.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore2

_end: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let everything that this thread sends and receives in the block end within `seconds`."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def remaining(timeout: float | None) -> float | None:
    """Return the shorter of `timeout` and what is left; None where nothing limits the wait."""
    end = _end.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    return left if timeout is None else min(timeout, left)


class TimedStream(httpcore2.NetworkStream):
    """A connection whose reads and writes respect the deadline of the thread."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what arrives. Raises `httpcore2.ReadTimeout`."""
        left = remaining(timeout)
        if left is not None and left <= 0:
            raise httpcore2.ReadTimeout("The exchange took too long.")
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`. Raises `httpcore2.WriteTimeout`."""
        left = remaining(timeout)
        if left is not None and left <= 0:
            raise httpcore2.WriteTimeout("The exchange took too long.")
        self._stream.write(buffer, left)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Return the same connection, encrypted."""
        left = remaining(timeout)
        if left is not None and left <= 0:
            raise httpcore2.ConnectTimeout("The exchange took too long.")
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection says of itself."""
        return self._stream.get_extra_info(info)
