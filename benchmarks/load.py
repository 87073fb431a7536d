"""A lean HTTP/1.1 load generator: raw keep-alive sockets in one event loop.

It shares the machine with the servers that it measures, so it does no more than it has to: requests
are bytes made beforehand or by a cheap iterator, of an answer only status and length are read.
"""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

import psutil

from benchmarks.figures import percentile

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
HOST = "127.0.0.1"


@dataclass
class Load:
    """What became of a burst of requests.

    `latencies` in seconds, of all answered ones; `cpu_seconds` of all processes that this one has
    started, which is what answering cost and does not change with what else the machine does.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests answered per second."""
        return len(self.latencies) / self.seconds

    @property
    def cpu(self) -> float:
        """CPU seconds per request."""
        return self.cpu_seconds / len(self.latencies)

    def at(self, share: float) -> float:
        """Return the latency in seconds that `share` of the requests stayed below."""
        return percentile(self.latencies, share)


def request(method: str, path: str, *, token: str = "", body: Any = None) -> bytes:
    """Return the bytes of one request; `body` is sent as JSON."""
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


def fetch(port: int, path: str, *, token: str) -> Any:
    """Return the JSON that a GET answers with."""
    asked = Request(f"http://{HOST}:{port}{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    with urlopen(asked) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def drive(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    """Send `requests` over `connections` sockets for `seconds` or until there are no more.

    Raises RuntimeError where an answer is not 2xx: a benchmark of refusals says nothing.
    """
    before = _cpu_seconds()
    load = asyncio.run(_drive(port, requests, connections, seconds))
    after = _cpu_seconds()
    load.cpu_seconds = sum(after[pid] - before.get(pid, 0.0) for pid in after)
    if load.failures:
        raise RuntimeError(f"{len(load.failures)} requests failed, the first: {load.failures[0]}")
    return load


def _cpu_seconds() -> dict[int, float]:
    """Return the CPU seconds that each process below this one has used."""
    used = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            used[process.pid] = sum(process.cpu_times()[:2])
    return used


class _Client(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(self, load: Load, requests: Iterator[bytes], deadline: float) -> None:
        self.load, self.requests, self.deadline = load, requests, deadline
        self.done = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def _next(self) -> None:
        following = next(self.requests, None) if time.perf_counter() < self.deadline else None
        if following is None:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(following)

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self.buffer += data
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            self._read_head(self.buffer[:head])
            self.missing -= len(self.buffer) - head - 4
        if self.missing == 0:
            self.buffer = b""
            self.load.latencies.append(time.perf_counter() - self.sent)
            self._next()

    def _read_head(self, head: bytes) -> None:
        status, length = _STATUS.match(head), _LENGTH.search(head)
        if status is None or not status[1].startswith(b"2"):
            self.load.failures.append(self.buffer[:600].decode(errors="replace"))
        self.missing = int(length[1]) if length else 0

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self.load.failures.append(repr(exc))
        if not self.done.done():
            self.done.set_result(None)


async def _drive(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    load = Load()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(load, requests, started + seconds), HOST, port
        )
        clients.append(client)
    await asyncio.wait_for(
        asyncio.gather(*(client.done for client in clients)), timeout=seconds + 30
    )
    load.seconds = time.perf_counter() - started
    return load
