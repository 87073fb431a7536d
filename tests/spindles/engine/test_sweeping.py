"""Ringing for runs that somebody must look at, whoever forgot."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from celery import current_app
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from spindles.engine import sweeping
from spindles.engine.loading import open_run
from spindles.models import Execution
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.engine.workers import Worker
from tests.spindles.runs import plan_of, start, step

pytestmark = pytest.mark.usefixtures("script")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Return the runs that were rung for."""
    heard: list[UUID] = []
    monkeypatch.setattr(sweeping, "ring_all", lambda runs: heard.extend(key for _, key in runs))
    return heard


@pytest.mark.django_db
def test_a_run_whose_moment_has_come_is_rung_for_once(cast: Cast, rung: list[UUID]) -> None:
    due = start(cast.editor.actor, plan_of(step("it")))
    foreign = start(cast.stranger.actor, plan_of(step("it")))
    later = start(cast.editor.actor, plan_of(step("it")))
    due.pass_time(16)
    foreign.pass_time(17)
    assert sweeping.sweep_runs() == 2
    assert set(rung) == {foreign.pk, due.pk}
    assert sweeping.sweep_runs() == 0
    assert due.row.wake_at is not None
    assert later.row.wake_at is not None
    assert due.row.wake_at > later.row.wake_at


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["paused", "completed", "failed", "cancelled"])
def test_a_run_that_does_not_run_is_left_alone(cast: Cast, rung: list[UUID], status: str) -> None:
    run = start(cast.editor.actor, plan_of(step("it")))
    run.pass_time(16)
    with scope(run.actor):
        Execution.objects.filter(pk=run.pk).update(status=status)
    assert sweeping.sweep_runs() == 0
    assert rung == []


@pytest.mark.django_db
def test_a_run_that_has_ended_or_waits_for_somebody_is_never_due(cast: Cast) -> None:
    ended = start(cast.editor.actor, plan_of(step("it"))).drive()
    waiting = start(
        cast.editor.actor,
        plan_of(step("it", "wait_event", params={"event_type": "SopPublished"})),
    ).drive()
    assert (ended.row.status, ended.row.wake_at) == ("completed", None)
    assert (waiting.row.status, waiting.row.wake_at) == ("running", None)


@pytest.mark.django_db
def test_a_try_that_is_due_but_cannot_start_wakes_nobody(cast: Cast, script: Script) -> None:
    plan = plan_of(step("a", "outside"), step("it", "scripted", depends_on=("a",)))
    run = start(cast.editor.actor, plan)
    worker = Worker(run)
    worker.turn()
    lease = run.steps["a"].lease_until
    run.force("it", next_attempt_at="2020-01-01T00:00:00Z")
    worker.turn()
    assert run.row.wake_at == lease


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_ring_once_for_each(
    cast: Cast, rung: list[UUID], settings: Settings
) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 0
    runs = [start(cast.editor.actor, plan_of(step("it"))) for _ in range(40)]
    for run in runs:
        run.pass_time(16)
    both = Barrier(2)

    def sweep() -> int:
        try:
            both.wait(10)
            return sweeping.sweep_runs() + sweeping.sweep_runs()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        counts = [future.result() for future in [threads.submit(sweep) for _ in range(2)]]
    assert sum(counts) == 40
    assert sorted(rung) == sorted(run.pk for run in runs)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_a_worker_has_in_hand_is_left_to_it(cast: Cast, rung: list[UUID]) -> None:
    run = start(cast.editor.actor, plan_of(step("it")))
    run.pass_time(16)

    def sweep() -> int:
        try:
            return sweeping.sweep_runs()
        finally:
            connection.close()

    with scope(run.actor), ThreadPoolExecutor(1) as threads:
        open_run(run.pk)
        assert threads.submit(sweep).result() == 0
    assert sweep() == 1
    assert rung == [run.pk]


@pytest.mark.django_db
def test_a_bell_that_rings_nowhere_stops_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: object, **_named: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(current_app, "send_task", away)
    run = start(cast.editor.actor, plan_of(step("it")))
    run.pass_time(16)
    assert sweeping.sweep_runs() == 1
    assert run.row.wake_at is not None


@pytest.mark.django_db
def test_a_parent_whose_bell_was_lost_is_rung_for(cast: Cast, rung: list[UUID]) -> None:
    parent = start(cast.editor.actor, plan_of(step("it")))
    child = start(cast.editor.actor, plan_of(step("it")))
    parent.force("it", status="waiting", wait_kind="child", wait_child=child.pk)
    assert sweeping.sweep_children() == 0
    child.drive()
    assert sweeping.sweep_children() == 1
    assert rung == [parent.pk]
