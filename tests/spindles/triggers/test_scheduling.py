"""Schedules start what is due: once for each planned time, whoever looks and however often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from node_links.models import NodeEvent
from spindles.models import Execution, Spindle, SpindleTrigger
from spindles.services import life_cycle
from spindles.services.triggers import scheduling
from spindles.services.triggers.scheduling import fire_due_schedules
from spindles.services.triggers.starting import start_run
from spindles.tasks import triggers as tasks
from tests.factories import Person, make_person
from tests.spindles.triggers.publishing import (
    EVERY_MINUTE,
    MONDAY,
    firings_of,
    plan_for,
    publish,
    publish_again,
    runs_of,
    trigger_of,
    triggers_of,
)

SOON = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def person(db: None) -> Person:
    return make_person(Role.OWNER)


def planned(person: Person, **schedule: Any) -> Spindle:
    """Return a spindle that is due every minute, next on a Monday at six."""
    values = {"inputs": schedule.pop("declared", []), "name": schedule.pop("name", "Deploy")}
    spindle = publish(person, {**EVERY_MINUTE, **schedule}, **values)
    plan_for(trigger_of(spindle), MONDAY)
    return spindle


def test_what_is_due_starts_a_production_run_of_the_live_version(person: Person) -> None:
    spindle = planned(
        person,
        declared=[{"name": "at", "type": "string"}, {"name": "n", "type": "integer", "default": 2}],
        inputs={"at": "${{ trigger.planned_at }}"},
    )

    assert fire_due_schedules(now=MONDAY - SOON) == 0
    assert fire_due_schedules(now=MONDAY + SOON) == 1
    assert fire_due_schedules(now=MONDAY + SOON) == 0

    (run,) = runs_of(spindle)
    assert (run.source_version, run.environment, run.status) == ("1.0.0", "production", "pending")
    assert run.inputs == {"at": MONDAY.isoformat(), "n": 2}
    assert (run.started_by_id, run.trigger_kind) == (None, "schedule")
    assert run.trigger == {"kind": "schedule", "id": "often", "planned_at": MONDAY.isoformat()}
    (firing,) = firings_of(spindle)
    assert (firing.planned_at, firing.outcome, firing.missed) == (MONDAY, "started", 0)
    assert firing.execution_id == run.pk
    assert trigger_of(spindle).next_at == MONDAY + timedelta(minutes=1)


def test_the_event_of_a_schedule_names_its_run(person: Person) -> None:
    spindle = planned(person)
    fire_due_schedules(now=MONDAY)

    with system_scope():
        told = NodeEvent.objects.get(event_type="ScheduledWorkflowTriggered")
    assert told.entity_id == spindle.pk
    assert told.data["execution_id"] == str(runs_of(spindle)[0].pk)
    assert told.data["planned_at"] == MONDAY.isoformat()
    assert told.data["schedule"]["cron"] == "* * * * *"


@pytest.mark.parametrize(
    ("catch_up", "starts", "missed"),
    [
        ("latest", [HOUR], [60]),
        ("all", [timedelta(minutes=n) for n in range(50)], [0] * 50),
        ("none", [HOUR], [60]),
    ],
)
def test_missed_times_are_made_up_for_as_the_schedule_says(
    person: Person, catch_up: str, starts: list[timedelta], missed: list[int]
) -> None:
    spindle = planned(person, catch_up=catch_up)

    fire_due_schedules(now=MONDAY + HOUR + SOON)

    found = firings_of(spindle)
    assert [one.planned_at for one in found] == [MONDAY + after for after in starts]
    assert [one.missed for one in found] == missed
    assert {one.outcome for one in found} == {"started"}


def test_all_missed_times_are_made_up_for_in_several_rounds(person: Person) -> None:
    spindle = planned(person, catch_up="all")
    later = MONDAY + HOUR

    assert [fire_due_schedules(now=later) for _ in range(3)] == [50, 11, 0]
    assert len({run.trigger["planned_at"] for run in runs_of(spindle)}) == 61


def test_without_catching_up_what_is_long_past_is_skipped(person: Person) -> None:
    spindle = planned(person, cron="0 6 * * *", catch_up="none")

    fire_due_schedules(now=MONDAY + HOUR)

    (firing,) = firings_of(spindle)
    assert (firing.outcome, firing.planned_at) == ("skipped", MONDAY)
    assert firing.reason.startswith("missed")
    assert runs_of(spindle) == []
    assert trigger_of(spindle).next_at == MONDAY + timedelta(days=1)


def test_a_schedule_may_skip_while_its_last_run_is_open(person: Person) -> None:
    spindle = planned(person, overlap="skip")
    for minute in range(2):
        fire_due_schedules(now=MONDAY + timedelta(minutes=minute))
    with system_scope():
        Execution.objects.update(status="completed")
    fire_due_schedules(now=MONDAY + timedelta(minutes=2))

    found = [(one.outcome, one.reason.partition(":")[0]) for one in firings_of(spindle)]
    assert found == [("started", ""), ("skipped", "overlap"), ("started", "")]
    assert len(runs_of(spindle)) == 2


def test_runs_of_a_schedule_queue_by_default(person: Person) -> None:
    spindle = planned(person)
    for minute in range(2):
        fire_due_schedules(now=MONDAY + timedelta(minutes=minute))

    assert len(runs_of(spindle)) == 2


def test_two_schedules_of_one_spindle_that_meet_start_one_run(person: Person) -> None:
    spindle = publish(person, EVERY_MINUTE, {**EVERY_MINUTE, "id": "also", "cron": "0 * * * *"})
    for trigger in triggers_of(spindle).values():
        plan_for(trigger, MONDAY)

    assert fire_due_schedules(now=MONDAY) == 2
    assert len(runs_of(spindle)) == 1
    assert {row.next_at for row in triggers_of(spindle).values()} == {
        MONDAY + timedelta(minutes=1),
        MONDAY + HOUR,
    }


def test_a_run_that_is_refused_is_told_and_the_schedule_goes_on(person: Person) -> None:
    spindle = planned(person, inputs={"n": "${{ trigger.nothing }}"})

    fire_due_schedules(now=MONDAY)

    (firing,) = firings_of(spindle)
    assert (firing.outcome, firing.execution_id) == ("refused", None)
    assert firing.reason.startswith("validation_error: /inputs")
    assert runs_of(spindle) == []
    assert trigger_of(spindle).next_at == MONDAY + timedelta(minutes=1)


def test_a_spindle_at_rest_is_not_started(person: Person) -> None:
    spindle = planned(person)
    with scope(person.actor):
        life_cycle.deactivate_spindle(actor=person.actor, pk=spindle.pk)

    assert fire_due_schedules(now=MONDAY + HOUR) == 0
    assert firings_of(spindle) == []


def test_a_schedule_that_breaks_is_in_nobodys_way(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = planned(person), planned(make_person(Role.OWNER))
    start = start_run

    def fail_for_one(*, trigger: SpindleTrigger, **options: Any) -> Execution:
        if trigger.spindle_id == broken.pk:
            raise RuntimeError("out of order")
        return start(trigger=trigger, **options)

    monkeypatch.setattr(scheduling, "start_run", fail_for_one)
    assert fire_due_schedules(now=MONDAY) == 1

    assert (len(runs_of(broken)), len(runs_of(sound))) == (0, 1)
    assert (firings_of(broken), trigger_of(broken).next_at) == ([], MONDAY)

    monkeypatch.undo()
    assert fire_due_schedules(now=MONDAY) == 1
    assert len(runs_of(broken)) == 1


def test_the_clock_may_jump_back(person: Person) -> None:
    spindle = planned(person)
    fire_due_schedules(now=MONDAY)
    plan_for(trigger_of(spindle), MONDAY)

    fire_due_schedules(now=MONDAY + SOON)

    assert len(runs_of(spindle)) == 1
    assert trigger_of(spindle).next_at == MONDAY + timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_eight_sweepers_at_once_start_each_planned_time_once(transactional_db: None) -> None:
    spindles = [planned(make_person(Role.OWNER), catch_up="all") for _ in range(4)]
    barrier = threading.Barrier(8)

    def sweep(_: int) -> int:
        barrier.wait()
        try:
            return fire_due_schedules(now=MONDAY + timedelta(minutes=9))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(sweep, range(8)))

    assert done == 40
    for spindle in spindles:
        assert [run.trigger["planned_at"] for run in runs_of(spindle)] == [
            (MONDAY + timedelta(minutes=minute)).isoformat() for minute in range(10)
        ]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_who_changes_a_spindle(transactional_db: None) -> None:
    person = make_person(Role.OWNER)
    spindle, other = planned(person), planned(person, name="Other")

    def sweep() -> int:
        try:
            return fire_due_schedules(now=MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with scope(person.actor):
            Spindle.objects.select_for_update().get(pk=spindle.pk)
            assert pool.submit(sweep).result(30) == 1
        assert (len(runs_of(spindle)), len(runs_of(other))) == (0, 1)
        assert pool.submit(sweep).result(30) == 1

    assert len(runs_of(spindle)) == 1


@pytest.mark.django_db(transaction=True)
def test_schedules_fire_while_new_versions_are_published(transactional_db: None) -> None:
    person = make_person(Role.OWNER)
    spindle = planned(person, catch_up="all")
    done = threading.Event()

    def sweep() -> int:
        count = 0
        try:
            while not done.is_set():
                count += fire_due_schedules(now=MONDAY + timedelta(minutes=30))
            return count
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        sweeps = [pool.submit(sweep) for _ in range(2)]
        for _ in range(5):
            publish_again(person, spindle, {**EVERY_MINUTE, "catch_up": "all"}, {"kind": "manual"})
            publish_again(person, spindle, {**EVERY_MINUTE, "catch_up": "all"})
        done.set()
        total = sum(one.result(30) for one in sweeps)

    total += fire_due_schedules(now=MONDAY + timedelta(minutes=30))
    assert total == 31
    assert len({run.trigger["planned_at"] for run in runs_of(spindle)}) == 31


def test_the_task_of_beat_starts_what_is_due(person: Person) -> None:
    spindle = publish(person, EVERY_MINUTE)
    assert tasks.fire_due_schedules() == 0

    plan_for(trigger_of(spindle), MONDAY - timedelta(days=3650))
    assert tasks.fire_due_schedules() == 1
    assert len(runs_of(spindle)) == 1


def test_firings_of_long_ago_are_forgotten(person: Person, settings: Any) -> None:
    spindle = planned(person)
    fire_due_schedules(now=MONDAY)
    settings.TRIGGER_FIRING_DAYS = 1
    assert tasks.purge_firings() == 0

    settings.TRIGGER_FIRING_DAYS = -1
    assert tasks.purge_firings() == 1
    assert firings_of(spindle) == []
    assert len(runs_of(spindle)) == 1
