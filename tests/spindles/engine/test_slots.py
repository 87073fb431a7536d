"""How many runs of an organisation are at work at once, and who is next."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from config.ids import uuid7
from spindles.engine import slots
from spindles.engine.sweeping import sweep_runs
from spindles.models import Execution
from tests.factories import Cast
from tests.spindles.engine.workers import Worker
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("script")]

OUTSIDE = plan_of(step("it", "outside"))
Capture = Callable[..., AbstractContextManager[list[Callable[[], object]]]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Return the runs that are given a slot that has become free, and rung for."""
    heard: list[UUID] = []
    monkeypatch.setattr(slots, "ring_all", lambda runs: heard.extend(key for _, key in runs))
    return heard


def begin(run: Started) -> Worker:
    worker = Worker(run)
    worker.turn()
    return worker


def is_queued(run: Started) -> bool:
    row = run.row
    return row.queued_at is not None and row.status == "pending" and not row.holds_slot


def test_runs_beyond_the_limit_wait_and_are_not_refused(
    cast: Cast, settings: Settings, rung: list[UUID], django_capture_on_commit_callbacks: Capture
) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 2
    runs = [start(cast.editor.actor, OUTSIDE) for _ in range(4)]
    workers = [begin(run) for run in runs]
    assert [is_queued(run) for run in runs] == [False, False, True, True]
    assert [list(worker.jobs) for worker in workers] == [["it"], ["it"], [], []]
    assert runs[2].row.wake_at is None  # it is woken by its place in the queue alone

    foreign = start(cast.stranger.actor, OUTSIDE)
    begin(foreign)
    assert not is_queued(foreign)

    workers[0].answer("it")
    with django_capture_on_commit_callbacks(execute=True):
        workers[0].turn()
    assert rung == [runs[2].pk]
    assert runs[2].row.holds_slot
    assert begin(runs[3]).jobs == {}  # the older one is first
    assert list(begin(runs[2]).jobs) == ["it"]
    assert runs[2].row.queued_at is None


def test_the_higher_priority_is_first(
    cast: Cast, settings: Settings, rung: list[UUID], django_capture_on_commit_callbacks: Capture
) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    first = begin(start(cast.editor.actor, OUTSIDE))
    low, high = (start(cast.editor.actor, OUTSIDE, priority=priority) for priority in (5, 9))
    begin(low)
    begin(high)
    first.answer("it")
    with django_capture_on_commit_callbacks(execute=True):
        first.turn()
    assert rung == [high.pk]
    assert begin(low).jobs == {}
    assert list(begin(high).jobs) == ["it"]


def test_a_newcomer_does_not_overtake_those_that_wait(cast: Cast, settings: Settings) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    first = begin(start(cast.editor.actor, OUTSIDE))
    waiting, newcomer = (start(cast.editor.actor, OUTSIDE) for _ in range(2))
    begin(waiting)
    first.answer("it")
    first.turn()
    assert begin(newcomer).jobs == {}
    assert is_queued(newcomer)
    assert list(begin(waiting).jobs) == ["it"]


def test_a_spindle_has_a_limit_of_its_own_that_holds_nobody_else_up(
    cast: Cast, settings: Settings, rung: list[UUID], django_capture_on_commit_callbacks: Capture
) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 3
    source = uuid7()
    limited = [
        start(cast.editor.actor, OUTSIDE, source_id=source, max_concurrency=1) for _ in range(5)
    ]
    workers = [begin(run) for run in limited]
    assert [is_queued(run) for run in limited] == [False, True, True, True, True]

    others = [start(cast.editor.actor, OUTSIDE) for _ in range(3)]
    working = [begin(run) for run in others]
    assert [is_queued(run) for run in others] == [False, False, True]

    working[0].answer("it")
    with django_capture_on_commit_callbacks(execute=True):
        working[0].turn()
    # The limited ones are older, but none of them could start.
    assert rung == [others[2].pk]
    assert list(begin(others[2]).jobs) == ["it"]

    rung.clear()
    workers[0].answer("it")
    with django_capture_on_commit_callbacks(execute=True):
        workers[0].turn()
    assert rung == [limited[1].pk]
    assert begin(limited[4]).jobs == {}
    assert list(begin(limited[1]).jobs) == ["it"]


def test_those_that_wait_for_their_spindle_are_not_overtaken_by_others_for_ever(
    cast: Cast, settings: Settings
) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    first = begin(start(cast.editor.actor, OUTSIDE))
    limited = start(cast.editor.actor, OUTSIDE, source_id=uuid7(), max_concurrency=1)
    begin(limited)
    first.answer("it")
    first.turn()
    assert begin(start(cast.editor.actor, OUTSIDE)).jobs == {}
    assert list(begin(limited).jobs) == ["it"]


def test_a_paused_run_in_the_queue_holds_nobody_up(cast: Cast, settings: Settings) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    first = begin(start(cast.editor.actor, OUTSIDE))
    paused, other = (start(cast.editor.actor, OUTSIDE) for _ in range(2))
    begin(paused)
    begin(other)
    with scope(cast.editor.actor):
        Execution.objects.filter(pk=paused.pk).update(status="paused")
    first.answer("it")
    first.turn()
    assert list(begin(other).jobs) == ["it"]


def test_a_run_that_only_waits_gives_its_slot_to_others(cast: Cast, settings: Settings) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    plan = plan_of(step("it", "delay", params={"seconds": 3600}), step("b", depends_on=("it",)))
    sleeping = start(cast.editor.actor, plan).drive()
    worker = begin(start(cast.editor.actor, OUTSIDE))
    assert list(worker.jobs) == ["it"]

    sleeping.pass_time(3601)
    sleeping.drive()
    assert sleeping.statuses == {"it": "waiting", "b": "pending"}
    assert sleeping.row.queued_at is not None
    worker.answer("it")
    worker.turn()
    sleeping.drive()
    assert sleeping.row.status == "completed"


def test_a_run_whose_time_is_over_ends_without_a_slot(cast: Cast, settings: Settings) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    plan = plan_of(step("it", "delay", params={"seconds": 3600}))
    sleeping = start(cast.editor.actor, plan, timeout=60).drive()
    begin(start(cast.editor.actor, OUTSIDE))
    sleeping.pass_time(61)
    sleeping.drive()
    assert sleeping.row.status == "failed"


def test_without_a_limit_all_are_at_work(cast: Cast, settings: Settings) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 0
    assert all(begin(start(cast.editor.actor, OUTSIDE)).jobs for _ in range(3))


def test_a_dead_worker_keeps_the_slot_until_it_is_missed(cast: Cast, settings: Settings) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    run = start(cast.editor.actor, OUTSIDE)
    begin(run)
    assert run.row.holds_slot
    assert run.row.wake_at == run.steps["it"].lease_until
    run.pass_time(31)
    assert sweep_runs() == 1
    assert list(begin(run).jobs) == ["it"]


def test_the_head_of_a_queue_gets_a_free_slot_also_where_nobody_gave_it(
    cast: Cast, settings: Settings, rung: list[UUID]
) -> None:
    settings.MAX_RUNNING_PER_ORGANIZATION = 1
    first = begin(start(cast.editor.actor, OUTSIDE))
    waiting = [start(cast.editor.actor, OUTSIDE) for _ in range(3)]
    assert slots.sweep_queues() == 0  # there is no room
    assert rung == []

    first.answer("it")
    first.turn()
    assert slots.sweep_queues() == 1
    assert rung == [waiting[0].pk]
    assert list(begin(waiting[0]).jobs) == ["it"]
