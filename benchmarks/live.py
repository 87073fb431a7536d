"""What waiting clients cost, and how soon they hear of what was committed."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from queue import Queue
from typing import TYPE_CHECKING

import psutil

from benchmarks.figures import Figure, milliseconds, percentile
from benchmarks.plan import Plan
from benchmarks.stack import Stack, live

if TYPE_CHECKING:
    from uuid import UUID

CLIENTS = 500
MEGABYTE = 1024 * 1024


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the memory of live with idle clients, and the time from a commit to its client."""
    quiet, busy = stack.make_sops(2, 2_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * CLIENTS)), hard))
    limit = {"NODELOOM_LIVE_STREAMS_PER_USER": str(2 * CLIENTS)}
    with live(stack, **limit) as (port, pid), ExitStack() as clients:
        process = psutil.Process(pid)
        _open(stack, clients, port, busy)
        before = process.memory_full_info().uss
        for _ in range(CLIENTS):
            _open(stack, clients, port, quiet)
        after = process.memory_full_info().uss
        each = (after - before) / CLIENTS
        yield Figure(
            f"live: memory with {CLIENTS} idle streams",
            f"{after / MEGABYTE:.0f} MB USS, {each / 1024:.0f} KB a stream",
            f"{before / MEGABYTE:.0f} MB with one",
        )
        taken = _latencies(stack, port, busy, plan.writes // 2)
    p50, p95 = percentile(taken, 0.5), percentile(taken, 0.95)
    yield Figure(
        f"live: commit to client beside {CLIENTS} idle streams, p50 / p95",
        f"{milliseconds(p50)} / {milliseconds(p95)}",
        target="< 10 / 50 ms",
        met=p50 < 0.010 and p95 < 0.050,
    )


def _open(stack: Stack, clients: ExitStack, port: int, sop: "UUID") -> socket.socket:
    """Open a stream of `sop` and return its socket, once the answer has begun."""
    from accounts.tokens import issue_tokens

    stream = clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
    head = (
        f"GET /api/v1/events/stream/?feature_type=knowledge-base&entity_id={sop} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {issue_tokens(stack.user)['access']}",
    )
    stream.sendall("\r\n".join((*head, "", "")).encode())
    answer = b""
    while b"retry:" not in answer:
        read = stream.recv(4096)
        answer += read
        if not read or not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode(errors="replace"))
    return stream


def _latencies(stack: Stack, port: int, sop: "UUID", count: int) -> list[float]:
    heard: Queue[float] = Queue()
    taken = []
    with ExitStack() as clients:
        stream = _open(stack, clients, port, sop)
        threading.Thread(target=_listen, args=(stream, heard), daemon=True).start()
        for number in range(count):
            committed = _commit(stack, sop, number)
            taken.append(heard.get(timeout=30) - committed)
    return taken


def _listen(stream: socket.socket, heard: "Queue[float]") -> None:
    with stream.makefile("rb") as lines:
        for line in lines:
            if line.startswith(b"data: "):
                heard.put(time.perf_counter())


def _commit(stack: Stack, sop: "UUID", number: int) -> float:
    """Change the SOP and return when its transaction was committed."""
    from accounts.tenancy import scope
    from knowledge_base.services.sops import update_sop

    with scope(stack.actor):
        update_sop(actor=stack.actor, pk=sop, values={"metadata": {"seen": number}})
        _ring(sop)
    return time.perf_counter()


def _ring(sop: "UUID") -> None:
    from node_links.models import NodeEvent
    from node_links.realtime.publishing import publish_to_channel

    row = NodeEvent.objects.filter(entity_id=sop).latest("sequence")
    publish_to_channel(
        event_id=row.pk,
        organization_id=row.organization_id,
        event_type=row.event_type,
        feature_type=row.feature_type,
        entity_id=row.entity_id,
    )
