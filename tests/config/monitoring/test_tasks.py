"""Celery tasks: their log line, their request id, their worker's heartbeat. With a real worker."""

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest

from config.celery import app
from config.request_context import (
    caused_by,
    current_causation_id,
    current_execution_id,
    current_request_id,
    inside_execution,
    request_context,
)
from config.worker_beat import beat, forget, living_workers
from tests.celery_worker import celery_worker

seen: list[str | None] = []
causes: list[tuple[UUID | None, UUID | None]] = []
finished = threading.Semaphore(0)


@app.task(name="tests.remember")
def remember() -> None:
    """Note the ids under which the task runs."""
    seen.append(current_request_id())
    causes.append((current_causation_id(), current_execution_id()))
    finished.release()


@app.task(name="tests.fail")
def fail() -> None:
    """Fail."""
    finished.release()
    raise LookupError("nothing there")


@pytest.fixture(autouse=True)
def _nothing_noted(transactional_db: None, no_workers: None) -> None:
    """No task has noted anything yet, or said that it is finished."""
    seen.clear()
    causes.clear()
    while finished.acquire(blocking=False):
        pass


def lines_of(lines: list[Any], name: str) -> list[Any]:
    return [line for line in lines if line["event"] == "task" and line.get("task") == name]


def test_a_task_runs_under_the_id_of_the_request_that_published_it(
    lines: list[Any],
) -> None:
    with celery_worker("default"), request_context("r-9"):
        published = remember.delay()
        assert finished.acquire(timeout=60)

    assert seen == ["r-9"]
    (line,) = lines_of(lines, "tests.remember")
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "task",
        "log_level": "info",
        "task": "tests.remember",
        "task_id": published.id,
        "request_id": "r-9",
        "state": "SUCCESS",
    }


def test_the_success_of_a_task_that_beat_rings_all_the_time_is_no_news(
    lines: list[Any],
) -> None:
    with celery_worker("default"):
        app.send_task("node_links.tasks.events.sweep_deliveries", queue="default")
        remember.delay()
        assert finished.acquire(timeout=60)

    (line,) = lines_of(lines, "node_links.tasks.events.sweep_deliveries")
    assert (line["state"], line["log_level"]) == ("SUCCESS", "debug")
    (line,) = lines_of(lines, "tests.remember")
    assert line["log_level"] == "info"


def test_a_task_runs_as_a_consequence_of_the_event_and_in_the_execution_of_its_publisher(
    lines: list[Any],
) -> None:
    event_id, execution_id = uuid4(), uuid4()
    with celery_worker("default"):
        with caused_by(event_id), inside_execution(execution_id):
            remember.delay()
        remember.delay()
        remember.apply_async(headers={"nodeloom_causation_id": "nonsense"})
        for _ in range(3):
            assert finished.acquire(timeout=60)

    assert causes == [(event_id, execution_id), (None, None), (None, None)]
    assert (current_causation_id(), current_execution_id()) == (None, None)


def test_a_failed_task_tells_its_exception_under_an_id_of_its_own(
    lines: list[Any],
) -> None:
    with celery_worker("default"):
        fail.delay()
        assert finished.acquire(timeout=60)

    (line,) = lines_of(lines, "tests.fail")
    assert (line["state"], line["log_level"]) == ("FAILURE", "error")
    assert repr(line["exc_info"]) == "LookupError('nothing there')"
    assert len(line["request_id"]) == 32


def test_a_worker_beats_while_it_runs_and_is_gone_when_it_stops(
    lines: list[Any],
) -> None:
    with celery_worker("default") as name:
        assert list(living_workers()) == [name]

    assert living_workers() == {}


def test_a_task_called_inside_a_request_leaves_the_request_its_own_context() -> None:
    with request_context("outer"):
        remember.apply()
        assert current_request_id() == "outer"


def test_heartbeats_tell_their_age_and_can_be_taken_away() -> None:
    beat("a@one")
    beat("b@two")
    assert list(living_workers()) == ["a@one", "b@two"]
    assert all(0 <= age < 5 for age in living_workers().values())

    forget("a@one")

    assert list(living_workers()) == ["b@two"]


def test_a_dead_broker_stops_no_worker(lines: list[Any], settings: Any, closed_port: int) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{closed_port}/0"

    beat("a@one")
    forget("a@one")

    assert [line["event"] for line in lines] == ["heartbeat_failed", "heartbeat_not_removed"]
