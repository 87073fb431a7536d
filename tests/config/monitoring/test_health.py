"""Live and ready: what they say, and that they say it in time."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config import probes
from config.worker_beat import beat

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.config.monitoring.urls"),
    pytest.mark.usefixtures("no_workers"),
]
IN_TIME = 10.0


@pytest.fixture
def ready(client: Client) -> Callable[[], tuple[int, dict[str, Any]]]:
    """Ask for readiness and insist that the answer comes in time."""

    def ask() -> tuple[int, dict[str, Any]]:
        started = time.monotonic()
        response = client.get("/health/ready")
        assert time.monotonic() - started < IN_TIME
        return response.status_code, response.json()

    return ask


def test_live_touches_nothing(
    client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    with django_assert_num_queries(0):
        response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response.headers["Cache-Control"]


def test_ready_tells_every_part(ready: Callable[[], tuple[int, dict[str, Any]]]) -> None:
    beat("a@one")

    status, body = ready()

    assert status == 200
    assert (body["status"], body["failing"]) == ("ok", [])
    assert list(body["checks"]) == ["database", "cache", "broker", "workers", "migrations"]
    for part in body["checks"].values():
        assert part["status"] == "ok"
        assert part["latency_ms"] >= 0
    assert body["checks"]["workers"]["detail"] == "1 alive, oldest heartbeat 0 s ago"
    assert body["checks"]["migrations"]["detail"] == "all applied"


def test_without_a_worker_it_is_not_ready(
    client: Client, ready: Callable[[], tuple[int, dict[str, Any]]]
) -> None:
    status, body = ready()

    assert status == 503
    assert body["failing"] == ["workers"]
    assert body["checks"]["workers"]["detail"] == "No worker has reported within 30 seconds."
    assert client.get("/health/ready").headers["Retry-After"] == "2"


def test_without_the_cache_it_is_degraded_but_ready(
    ready: Callable[[], tuple[int, dict[str, Any]]], settings: Settings, closed_port: int
) -> None:
    beat("a@one")
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port}/0"

    status, body = ready()

    assert status == 200
    assert (body["status"], body["failing"]) == ("degraded", [])
    assert body["checks"]["cache"]["status"] == "degraded"
    assert body["checks"]["cache"]["detail"] == "Does not answer (ConnectionError)."


@pytest.mark.parametrize("kind", ["closed_port", "silent_port"])
def test_a_broker_that_is_down_or_hangs_is_named_in_time(
    ready: Callable[[], tuple[int, dict[str, Any]]],
    settings: Settings,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{request.getfixturevalue(kind)}/0"

    status, body = ready()

    assert (status, body["failing"]) == (503, ["broker", "workers"])
    assert "127.0.0.1" not in str(body)


@pytest.mark.parametrize("kind", ["closed_port", "silent_port"])
def test_a_database_that_is_down_or_hangs_is_named_in_time(
    ready: Callable[[], tuple[int, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    beat("a@one")
    monkeypatch.setattr(probes, "_migrated", type(probes._migrated)())
    address = connections["default"].settings_dict
    monkeypatch.setitem(address, "HOST", "127.0.0.1")
    monkeypatch.setitem(address, "PORT", str(request.getfixturevalue(kind)))

    status, body = ready()

    assert (status, body["failing"]) == (503, ["database", "migrations"])
    assert body["checks"]["cache"]["status"] == "ok"
    assert "127.0.0.1" not in str(body)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_migrations_that_are_not_applied_are_named(
    ready: Callable[[], tuple[int, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    beat("a@one")
    monkeypatch.setattr(probes, "_migrated", type(probes._migrated)())
    row = ("config", "0001_slow_queries")
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", row)
    try:
        status, body = ready()
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", row
            )

    assert (status, body["failing"]) == (503, ["migrations"])
    assert body["checks"]["migrations"]["detail"] == (
        "Not applied: config.0001_slow_queries. Run manage.py migrate."
    )
    assert ready()[0] == 200


def test_a_stuck_probe_is_not_started_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    release, starts = threading.Event(), []

    def stuck() -> str:
        starts.append(1)
        release.wait(20)
        return "late"

    monkeypatch.setattr(probes, "CHECKS", {"stuck": stuck})
    monkeypatch.setattr(probes, "DEADLINE_SECONDS", 0.1)

    first, second = probes.check_all(), probes.check_all()

    assert first["stuck"].detail == second["stuck"].detail == "No answer within 0.1 s."
    assert first["stuck"].status is probes.Status.FAILED
    assert starts == [1]
    monkeypatch.setattr(probes, "DEADLINE_SECONDS", 20)
    release.set()
    assert probes.check_all()["stuck"].detail == "late"


def test_an_unforeseen_error_of_a_probe_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probes, "CHECKS", {"odd": lambda: str(1 / 0)})
    monkeypatch.setattr("threading.excepthook", lambda _args: None)

    with pytest.raises(ZeroDivisionError):
        probes.check_all()


@pytest.mark.parametrize("path", ["live", "ready"])
def test_probes_can_only_be_read(client: Client, path: str) -> None:
    assert client.post(f"/health/{path}").status_code == 405
