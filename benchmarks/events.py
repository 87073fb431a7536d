"""What it costs to record an event inside a write."""

import itertools
import time
from collections.abc import Iterator
from unittest import mock
from uuid import UUID

from benchmarks import relay
from benchmarks.figures import Figure, at_most, in_turns, milliseconds, percentile
from benchmarks.plan import Plan
from benchmarks.stack import Stack

BATCH = 25


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the figures: the cheapest write there is, with its event and without.

    The event has a subscriber, so that a delivery and a notice go with it.
    """
    with relay.subscribed():
        yield from _measure(stack, plan)


def _measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    from accounts.tenancy import scope
    from knowledge_base.services.sops import update_sop
    from node_links.events.recording import record_event

    ids: Iterator[UUID] = itertools.cycle(stack.make_sops(BATCH, 2_000))
    count = itertools.count()
    publishing: list[float] = []

    def write() -> float:
        started = time.perf_counter()
        for _ in range(BATCH):
            with scope(stack.actor):
                values = {"metadata": {"seen": next(count)}}
                update_sop(actor=stack.actor, pk=next(ids), values=values)
        return (time.perf_counter() - started) / BATCH

    def write_silently() -> float:
        with mock.patch("node_links.services.changing.record_event"):
            return write()

    def timed(**event: object) -> UUID:
        started = time.perf_counter()
        made = record_event(**event)  # type: ignore[arg-type]  # as the service calls it
        publishing.append(time.perf_counter() - started)
        return made

    write(), write_silently()
    loud, silent = in_turns(plan.writes // BATCH, write, write_silently)
    name = "write with its event, against the same without"
    yield at_most(name, milliseconds(loud), milliseconds(silent), loud / silent, 1.3)
    with mock.patch("node_links.services.changing.record_event", timed):
        for _ in range(plan.writes // BATCH):
            write()
    p95 = percentile(publishing, 0.95)
    yield Figure("publishing an event, p95", milliseconds(p95), target="< 5 ms", met=p95 < 0.005)
