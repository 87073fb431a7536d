"""What Prometheus reads, and who may read it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError, connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from psycopg_pool import ConnectionPool
from pytest_django import Settings

from config.broker import broker_address, broker_client
from config.metrics import gauge_values, gauges, pool, register_gauge
from config.metrics.exposition import (
    empty_shared_folder,
    forget_dead_processes,
    shared_folder,
)
from config.metrics.queues import queue_depths

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.monitoring.urls")]


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return the samples by name and the value of their first label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


QUEUES = ("default", "embeddings", "executions", "agents", "events", "maintenance")


@pytest.fixture
def empty_queues() -> None:
    """Queues in which no other test has left a message."""
    with broker_client() as client:
        client.delete(*QUEUES)


@pytest.fixture
def no_gauges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of gauges of the test's own."""
    monkeypatch.setattr(gauges, "_gauges", {})


@pytest.mark.usefixtures("empty_queues")
def test_the_numbers_of_requests_statements_and_queues_are_there(client: Client) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")

    response = client.get("/metrics")

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    found = samples(response.content.decode())
    assert found["nodeloom_db_queries_total", ""] >= 1
    assert found["nodeloom_db_query_seconds_total", ""] > 0
    assert found["nodeloom_broker_up", ""] == 1
    for queue in QUEUES:
        assert found["nodeloom_queue_depth", queue] == 0


@pytest.mark.usefixtures("empty_queues")
def test_waiting_messages_are_counted_in_their_queue() -> None:
    with broker_client() as client:
        client.rpush("events", "one", "two")
        try:
            assert queue_depths()["events"] == 2
            assert queue_depths()["default"] == 0
        finally:
            client.delete("events")


def test_a_dead_broker_is_told_and_the_rest_is_still_there(
    client: Client, settings: Settings, closed_port: int
) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{closed_port}/0"

    found = samples(client.get("/metrics").content.decode())

    assert found["nodeloom_broker_up", ""] == 0
    assert ("nodeloom_queue_depth", "default") not in found
    assert ("nodeloom_db_queries_total", "") in found


def test_a_registered_gauge_is_read_at_each_scrape(client: Client, no_gauges: None) -> None:
    backlog = [3]
    register_gauge("index_backlog", "Rows to embed.", lambda: backlog[0])

    first = samples(client.get("/metrics").content.decode())
    backlog.append(backlog.pop() + 4)

    assert first["nodeloom_index_backlog", ""] == 3
    assert gauge_values() == {"index_backlog": 7.0}


def test_a_gauge_that_cannot_be_read_is_left_out(client: Client, no_gauges: None) -> None:
    def unreadable() -> float:
        raise OperationalError("gone")

    register_gauge("unreadable", "?", unreadable)
    register_gauge("readable", "!", lambda: 1)

    found = samples(client.get("/metrics").content.decode())

    assert found["nodeloom_readable", ""] == 1
    assert ("nodeloom_unreadable", "") not in found


def test_two_readers_cannot_share_a_name(no_gauges: None) -> None:
    def first() -> float:
        return 1

    register_gauge("backlog", "Rows.", first)
    register_gauge("backlog", "Rows.", first)

    with pytest.raises(ValueError, match="backlog is registered"):
        register_gauge("backlog", "Rows.", lambda: 2)
    assert gauge_values() == {"backlog": 1.0}


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "203.0.113.9", {}, 403),
        ("", "", {}, 403),
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 403),
        ("", "203.0.113.9", {"Authorization": "Bearer "}, 403),
        ("right-token", "203.0.113.9", {"Authorization": "Bearer right-token"}, 200),
        ("right-token", "127.0.0.1", {"Authorization": "Bearer wrong"}, 403),
        ("right-token", "203.0.113.9", {"Authorization": "Bearer wrong"}, 403),
        ("right-token", "203.0.113.9", {"Authorization": "Basic right-token"}, 403),
        ("right-token", "203.0.113.9", {}, 403),
    ],
)
def test_only_this_machine_and_the_bearer_of_the_token_may_read(
    client: Client,
    settings: Settings,
    token: str,
    address: str,
    headers: dict[str, str],
    status: int,
) -> None:
    settings.METRICS_TOKEN = token

    response = client.get("/metrics", headers=headers, REMOTE_ADDR=address)

    assert response.status_code == status
    assert (b"nodeloom_" in response.content) == (status == 200)


def test_the_pool_of_the_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    params = connections["default"].get_connection_params()
    with ConnectionPool(kwargs=params, min_size=2, max_size=2) as held:
        held.wait(timeout=30)
        monkeypatch.setattr(type(connections["default"]), "pool", held)
        monkeypatch.setattr(pool, "_published_at", float("-inf"))
        with held.connection():
            health = pool.pool_health()
            pool.publish_pool()

    assert health == pool.PoolHealth(size=2, in_use=1, idle=1, waiting=0, errors=0)
    assert pool.GAUGES["in_use"]._value.get() == 1
    assert pool.GAUGES["size"]._value.get() == 2


def test_a_process_without_a_pool_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(connections["default"]), "pool", None)
    monkeypatch.setattr(pool, "_published_at", float("-inf"))

    pool.publish_pool()

    assert pool.pool_health() is None


COUNT_ONCE = """
import os, sys
from config.metrics.pool import GAUGES
from prometheus_client import Counter
PROBE = Counter("nodeloom_probe", "Counted by nobody else.")
if sys.argv[1] != "nothing":
    PROBE.inc(int(sys.argv[1])); GAUGES["size"].set(int(sys.argv[1]))
if len(sys.argv) > 2:
    import django; django.setup()
    from config.metrics.exposition import render_metrics
    print(render_metrics().decode())
"""


def test_processes_that_share_a_folder_answer_for_each_other(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", COUNT_ONCE, *arguments],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    run("2")
    found = samples(run("3", "render"))

    assert found["nodeloom_probe_total", ""] == 5
    # The first process is gone: what it counted stays, what it held does not.
    assert found["nodeloom_db_pool_size", ""] == 3
    later = samples(run("nothing", "render"))
    assert later["nodeloom_probe_total", ""] == 5
    assert later["nodeloom_db_pool_size", ""] == 0


def test_a_new_start_counts_from_zero(tmp_path: Path) -> None:
    empty_shared_folder(tmp_path)
    (tmp_path / "metrics" / "counter_1.db").touch()

    empty_shared_folder(tmp_path)

    assert list(shared_folder(tmp_path).iterdir()) == []
    assert shared_folder(tmp_path).stat().st_mode & 0o777 == 0o700


def test_living_processes_keep_their_gauges(tmp_path: Path) -> None:
    mine = tmp_path / f"gauge_livesum_{os.getpid()}.db"
    mine.touch()

    forget_dead_processes(tmp_path)

    assert mine.exists()


@pytest.mark.parametrize(
    ("celery", "plain"),
    [
        ("redis+socket:///tmp/v.sock?virtual_host=1", "unix:///tmp/v.sock?db=1"),
        ("redis://valkey:6379/1", "redis://valkey:6379/1"),
        ("rediss://valkey:6379/1", "rediss://valkey:6379/1"),
    ],
)
def test_the_broker_address_is_spelled_for_the_client(celery: str, plain: str) -> None:
    assert broker_address(celery) == plain
