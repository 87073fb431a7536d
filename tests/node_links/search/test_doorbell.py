"""Ringing for the embedding run: once per burst, and for nothing when Valkey is away."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import transaction
from django_redis import get_redis_connection
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from config import valkey
from config.celery import app
from config.doorbells import broker_outage
from node_links.search import doorbell
from node_links.search.backlog import backlog_size
from node_links.tasks.search import embed_backlog
from tests.node_links.search.conftest import new_actor, rewrite_sop, write_sop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _silent_bell() -> Iterator[None]:
    """Begin with nothing rung."""
    doorbell.answer()
    yield
    doorbell.answer()


@pytest.fixture
def queue() -> Iterator[Callable[[], list[Any]]]:
    """Return what looks into the real queue of the embedding task, which is empty at first."""
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        client = channel.client
        client.delete("embeddings")
        yield lambda: [orjson.loads(one) for one in client.lrange("embeddings", 0, -1)]
        client.delete("embeddings")


@pytest.fixture
def _dead_valkey(settings: Settings, tmp_path: Path) -> None:
    """Point the cache at a socket where nobody listens."""
    default = {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody.sock"}
    settings.CACHES = {**settings.CACHES, "default": default}


@pytest.fixture
def _dead_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Point Celery at a socket where nobody listens; the cache works."""
    monkeypatch.setattr(app.conf, "broker_url", f"redis+socket://{tmp_path}/x?virtual_host=1")
    # Open connections lead to the living one.
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)


@pytest.fixture
def _long_pause(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a pause after a failure outlast the test."""
    monkeypatch.setattr(valkey, "PAUSE_SECONDS", 600)
    yield
    valkey.outage.reset()
    broker_outage.reset()


def test_a_burst_of_writes_rings_once(queue: Callable[[], list[Any]]) -> None:
    actor = new_actor("acme")
    for n in range(5):
        write_sop(actor, f"Title {n}", "x")

    [message] = queue()
    assert message["headers"]["task"] == embed_backlog.name
    assert message["headers"]["eta"] is not None


def test_a_write_rolled_back_does_not_ring(queue: Callable[[], list[Any]]) -> None:
    actor = new_actor("acme")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write_sop(actor, "Title", "x")
        raise ZeroDivisionError

    assert (queue(), backlog_size()) == ([], 0)


def test_a_write_after_the_run_began_rings_again(queue: Callable[[], list[Any]]) -> None:
    actor = new_actor("acme")
    write_sop(actor, "Title", "x")
    assert embed_backlog() == 1

    write_sop(actor, "Other", "x")

    assert len(queue()) == 2


@pytest.mark.usefixtures("_dead_valkey", "_long_pause")
def test_without_valkey_writes_succeed_and_only_the_first_one_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actor = new_actor("acme")
    sop = write_sop(actor, "Title", "x")
    asked: list[str] = []

    with monkeypatch.context() as patched:
        patched.setattr(valkey, "get_redis_connection", asked.append)
        for n in range(20):
            rewrite_sop(actor, sop, content=f"text {n}")

    assert asked == []
    assert backlog_size() == 1
    with scope(actor):
        sop.refresh_from_db()
    assert sop.content == "text 19"


@pytest.mark.usefixtures("_dead_broker", "_long_pause")
def test_without_the_broker_one_write_tries_to_ring_and_the_next_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actor = new_actor("acme")

    write_sop(actor, "Title", "x")

    assert broker_outage.paused
    # The bell did not ring, so whoever comes after the outage may.
    assert not get_redis_connection("default").exists("nodeloom:doorbell:index")

    sent: list[str] = []
    monkeypatch.setattr(app, "send_task", sent.append)
    for n in range(20):
        write_sop(actor, f"Title {n}", "x")
    assert sent == []
    assert backlog_size() == 21
