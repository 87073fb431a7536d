"""How soon and how fast events reach a subscriber, beside an outbox that does nothing else.

The floor is one table, an INSERT with a NOTIFY, and a listener that marks the row: no order, no
tenants, no retries. Times are PostgreSQL's own, from the INSERT to the mark.
"""

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, LiteralString
from uuid import UUID

from benchmarks import relay
from benchmarks.figures import Figure, milliseconds, percentile
from benchmarks.plan import Plan
from benchmarks.stack import Stack

if TYPE_CHECKING:
    from node_links.events.envelope import Event

RATE = 200
BACKLOG = 10_000
_WRITTEN_AT_ONCE = 100
P50_SECONDS, P95_SECONDS = 0.010, 0.050

_OUTBOX = """
CREATE TABLE bench_outbox (id bigserial PRIMARY KEY, data jsonb, written_at timestamptz,
    delivered_at timestamptz);
CREATE INDEX ON bench_outbox (id) WHERE delivered_at IS NULL
"""
# An effect is a row; that it was asked for again is only counted.
_EFFECTS = """
CREATE TABLE bench_effects (event_id uuid PRIMARY KEY, times int NOT NULL);
GRANT ALL ON bench_effects TO nodeloom_app
"""
_EFFECT = """
INSERT INTO bench_effects AS e VALUES (%s, 1)
ON CONFLICT (event_id) DO UPDATE SET times = e.times + 1
"""
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_FLOOR = "SELECT written_at AS a, delivered_at AS b FROM bench_outbox"
_OURS = (
    'SELECT e."timestamp" AS a, d.delivered_at AS b FROM event_deliveries d'
    " JOIN node_events e USING (event_id) WHERE d.subscriber = 'bench'"
)


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield p50 and p95 at 200 events a second, and the rate at which a backlog drains."""
    with relay.subscribed():
        yield from _measure(stack, plan)


def _measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    from accounts.tenancy import scope
    from knowledge_base.models import Sop
    from node_links.events.recording import record_event

    ids: list[UUID] = stack.make_sops(20, 500)
    with scope(stack.actor):
        sops = itertools.cycle(list(Sop.objects.filter(pk__in=ids)))

    data: dict[str, object] = {"changes": {}}

    def publish() -> None:
        with scope(stack.actor):
            record_event(actor=stack.actor, entity=next(sops), event_type="SopUpdated", data=data)

    count = max(RATE, plan.writes * 2)
    _clear(stack)
    with _running_relay():
        publish()
        _wait_for(stack, 1)
        _at_rate(count, publish)
        _wait_for(stack, count + 1)
    ours = _percentiles(stack, _OURS)
    floor = _floor(stack, count)
    for name, mine, bare, limit in zip(
        ("p50", "p95"), ours, floor, (P50_SECONDS, P95_SECONDS), strict=True
    ):
        yield Figure(
            f"delivery of an event at {RATE}/s, {name}",
            milliseconds(mine),
            f"{milliseconds(bare)} (bare outbox)",
            mine / bare,
            f"< {milliseconds(limit)}",
            mine < limit,
        )
    yield _drain(stack, publish)
    yield _replay_twice(stack)


def _drain(stack: Stack, publish: Callable[[], None]) -> Figure:
    from accounts.tenancy import scope
    from node_links.events.delivering import deliver
    from node_links.events.subscribing import subscribers

    _clear(stack)
    for _ in range(BACKLOG // _WRITTEN_AT_ONCE):
        with scope(stack.actor):
            for _ in range(_WRITTEN_AT_ONCE):
                publish()
    found = subscribers.get(relay.SUBSCRIBER)
    assert found is not None
    started = time.perf_counter()
    while deliver(found).delivered:
        pass
    rate = BACKLOG / (time.perf_counter() - started)
    return Figure(f"draining {BACKLOG:,} events to one subscriber", f"{rate:,.0f}/s")


def _replay_twice(stack: Stack) -> Figure:
    """Send every event out twice to a subscriber that may write each effect once."""
    from django.utils import timezone

    from accounts.tenancy import scope
    from node_links.events.delivering import deliver
    from node_links.events.replaying import ReplayRequest
    from node_links.events.subscribing import Subscriber, subscribers
    from node_links.services.replays import run_replay, start_replay

    found = Subscriber("bench-effects", ("SopUpdated",), _note_effect)
    _clear(stack)
    with stack.database() as connection:
        connection.execute(_EFFECTS)
    subscribers.subscribe(found)
    started = time.perf_counter()
    delivered = events = 0
    try:
        for _ in range(2):
            request = ReplayRequest(_LONG_AGO, timezone.now(), subscriber=found.name)
            with scope(stack.actor):
                replay = start_replay(actor=stack.actor, request=request, enqueue=False)
            run_replay(replay.pk)
            events = replay.total
            while done := deliver(found).delivered:
                delivered += done
    finally:
        subscribers.unsubscribe(found.name)
    rate = delivered / (time.perf_counter() - started)
    with stack.database() as connection:
        row = connection.execute("SELECT count(*), sum(times) FROM bench_effects").fetchone()
        connection.execute("DROP TABLE bench_effects")
    effects, heard = row or (0, 0)
    once = events >= BACKLOG and delivered == heard == 2 * events and effects == events
    name = f"{events:,} events replayed twice: effects of {delivered:,} deliveries"
    return Figure(name, f"{effects:,} at {rate:,.0f}/s", target="each once", met=once)


def _note_effect(event: "Event") -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_EFFECT, [event.id])


def _clear(stack: Stack) -> None:
    with stack.database() as connection:
        connection.execute("TRUNCATE event_deliveries")


def _at_rate(count: int, act: Callable[[], None]) -> None:
    started = time.perf_counter()
    for number in range(count):
        act()
        time.sleep(max(0.0, started + (number + 1) / RATE - time.perf_counter()))


@contextmanager
def _running_relay() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.relay"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(stack: Stack, count: int) -> None:
    with stack.database() as connection:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            row = connection.execute(
                "SELECT count(*) FROM event_deliveries"
                " WHERE status = 'delivered' AND subscriber = 'bench'"
            ).fetchone()
            if row is not None and row[0] >= count:
                return
            time.sleep(0.1)
    raise TimeoutError("The relay did not deliver everything within a minute.")


def _percentiles(stack: Stack, rows: LiteralString) -> tuple[float, float]:
    with stack.database() as connection:
        waits = [(b - a).total_seconds() for a, b in connection.execute(rows)]
    return percentile(waits, 0.5), percentile(waits, 0.95)


def _floor(stack: Stack, count: int) -> tuple[float, float]:
    with stack.database() as writer, stack.database() as reader, stack.database() as marker:
        writer.execute(_OUTBOX)
        reader.execute("LISTEN bench_outbox")

        def mark() -> None:
            marked = 0
            for _ in reader.notifies():
                done = marker.execute(
                    "UPDATE bench_outbox SET delivered_at = clock_timestamp()"
                    " WHERE delivered_at IS NULL"
                )
                marked += done.rowcount
                if marked >= count:
                    return

        def write() -> None:
            writer.execute(
                "WITH w AS (INSERT INTO bench_outbox (data, written_at)"
                " VALUES ('{\"n\": 1}', clock_timestamp()) RETURNING id)"
                " SELECT pg_notify('bench_outbox', id::text) FROM w"
            )

        listener = threading.Thread(target=mark, daemon=True)
        listener.start()
        _at_rate(count, write)
        listener.join(30)
        figures = _percentiles(stack, _FLOOR)
        writer.execute("DROP TABLE bench_outbox")
    return figures
