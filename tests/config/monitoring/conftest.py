"""What several of these tests need: log lines, a socket that never answers, living workers."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from config.broker import broker_client
from config.worker_beat import KEY_PREFIX


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """Every event logged by our own code, as dictionaries with the log context in them."""
    capture = LogCapture()
    processors = structlog.get_config()["processors"]
    before = processors.copy()
    processors[:] = [structlog.contextvars.merge_contextvars, capture]
    yield capture.entries
    processors[:] = before


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A TCP port that accepts connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A TCP port that refuses connections."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.fixture
def no_workers() -> Iterator[None]:
    """No heartbeat of an earlier test, none left behind."""
    with broker_client() as client:
        for key in client.scan_iter(f"{KEY_PREFIX}*"):
            client.delete(key)
        yield
        for key in client.scan_iter(f"{KEY_PREFIX}*"):
            client.delete(key)
