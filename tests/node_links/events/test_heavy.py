"""Heavy subscribers hear of events in Celery workers; the sweep and the purge."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import system_scope
from config import valkey
from config.celery import app
from config.doorbells import broker_outage
from knowledge_base.models import Sop
from node_links.events import doorbell
from node_links.models import EventDelivery, NodeEvent
from node_links.tasks.events import deliver_heavy, purge_deliveries, sweep_deliveries
from tests.factories import Person
from tests.node_links.events.conftest import (
    Declare,
    StartRelay,
    deliver_now,
    eventually,
    happen,
)
from tests.node_links.events.effects import heard

pytestmark = pytest.mark.django_db(transaction=True)

Queue = Callable[[], list[Any]]


@pytest.fixture
def queue() -> Iterator[Queue]:
    """Return what looks into the real queue of deliveries, which is empty at first."""
    valkey.outage.reset()
    broker_outage.reset()
    doorbell.answer("ledger")
    valkey.ask(lambda client: client.delete("nodeloom:doorbell:events:ledger:later"), 0)
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        client = channel.client
        client.delete("events")
        yield lambda: [orjson.loads(one)["headers"] for one in client.lrange("events", 0, -1)]
        client.delete("events")
    broker_outage.reset()


def test_a_relay_rings_for_a_heavy_subscriber_once_per_burst_and_a_task_delivers(
    person: Person, sop: Sop, declared: Declare, start_relay: StartRelay, queue: Queue
) -> None:
    declared("ledger", heavy=True)
    start_relay("--heavy", "ledger")
    eventually(lambda: len(queue()) == 1)
    assert queue()[0]["task"] == deliver_heavy.name
    happen(person, sop, 3)
    assert heard("ledger") == []

    assert deliver_heavy("ledger") == 3
    assert [number for _, number in heard("ledger")] == [2, 3, 4]
    happen(person, sop)
    eventually(lambda: len(queue()) == 2)


def test_a_burst_rings_once_and_an_answered_bell_rings_again(queue: Queue) -> None:
    for _ in range(5):
        doorbell.ring("ledger")
    assert len(queue()) == 1

    doorbell.answer("ledger")
    doorbell.ring("ledger")
    assert len(queue()) == 2


def test_a_refused_event_is_rung_for_later(
    person: Person, sop: Sop, declared: Declare, queue: Queue, settings: Settings
) -> None:
    settings.DELIVERY_RETRY_SECONDS = (30.0, 30.0)
    declared("broken", heavy=True)
    valkey.ask(lambda client: client.delete("nodeloom:doorbell:events:broken:later"), 0)
    happen(person, sop)

    assert deliver_heavy("broken") == 0
    [message] = queue()
    assert message["eta"] is not None


def test_the_sweep_delivers_to_heavy_ones_what_nobody_rang_for(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger", heavy=True)
    declared("slow")
    happen(person, sop, 2)

    assert sweep_deliveries() == 2
    assert (len(heard("ledger")), heard("slow")) == (2, [])
    assert deliver_heavy("nobody") == 0


def test_a_broker_that_is_away_is_left_alone_for_a_while(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app.conf, "broker_url", f"redis+socket://{tmp_path}/x?virtual_host=1")
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)

    doorbell.ring("ledger")

    assert broker_outage.paused
    assert queue() == []
    assert valkey.ask(lambda client: client.exists("nodeloom:doorbell:events:ledger"), 1) == 0


def test_old_deliveries_are_forgotten_and_their_events_stay(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger", "slow", "broken")
    happen(person, sop, 2)
    deliver_now("ledger")
    old = timezone.now() - timedelta(days=8)
    with system_scope():
        rows = EventDelivery.objects.filter(sequence=2)
        rows.filter(subscriber="ledger").update(delivered_at=old)
        rows.filter(subscriber="slow").update(created_at=old)
        rows.filter(subscriber="broken").update(created_at=old, status="discarded")
        EventDelivery.objects.filter(sequence=3, subscriber="slow").update(
            created_at=old, subscriber="gone"
        )

    assert purge_deliveries() == 3

    with system_scope():
        kept = EventDelivery.objects.order_by("subscriber").values_list("subscriber", "sequence")
        assert list(kept) == [("broken", 3), ("ledger", 3), ("slow", 2)]
        assert NodeEvent.objects.filter(event_type="SopUpdated").count() == 2
