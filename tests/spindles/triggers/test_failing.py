"""A spindle whose triggered runs keep failing is put into error, and comes out of it again."""

from typing import Any

import pytest

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from node_links.choices import Bump
from node_links.events.delivering import deliver
from node_links.events.subscribing import subscribers
from node_links.models import NodeEvent, Notification
from spindles.choices import ExecutionStatus, TriggerKind
from spindles.engine.session import Session
from spindles.engine.starting import start_execution
from spindles.models import Execution, Spindle
from spindles.registry.runnables import runnables
from spindles.services import life_cycle
from spindles.services.publishing import open_spindle_version
from spindles.services.triggers.failing import note_end
from tests.factories import Person, make_person
from tests.spindles.triggers.publishing import EVERY_MINUTE, publish, trigger_of

SCHEDULE, MANUAL = TriggerKind.SCHEDULE, TriggerKind.MANUAL
FAILED, COMPLETED = ExecutionStatus.FAILED, ExecutionStatus.COMPLETED
FAILS = [{"id": "only", "kind": "transform", "params": {"expression": "1 / inputs.n"}}]
NUMBER = [{"name": "n", "type": "integer", "default": 0}]


@pytest.fixture
def person(db: None) -> Person:
    return make_person(Role.OWNER)


@pytest.fixture
def spindle(person: Person) -> Spindle:
    """Return a spindle that fails unless it is given a number other than 0."""
    return publish(person, EVERY_MINUTE, steps=FAILS, inputs=NUMBER)


def run(person: Person, spindle: Spindle, kind: str, n: int = 0, **more: Any) -> str:
    """Let the engine run a spindle to its end; return how it ended."""
    with scope(person.actor):
        prepared = runnables.get("spindle").prepare(
            actor=person.actor,
            target=str(spindle.pk),
            version=None,
            environment=more.get("environment", "production"),
            inputs={"n": n},
        )
        row = start_execution(actor=person.actor, prepared=prepared, trigger_kind=kind, **more)
    Session(person.organization.pk, row.pk, "tester").drive()
    with system_scope():
        return Execution.objects.get(pk=row.pk).status


def fail(person: Person, spindle: Spindle, times: int, **more: Any) -> None:
    """Let runs that the schedule started fail."""
    for _ in range(times):
        assert run(person, spindle, SCHEDULE, **more) == FAILED


def state(spindle: Spindle) -> tuple[str, str, str, int]:
    """Return status, live status, the trigger's state, and how many failed in a row."""
    with system_scope():
        row = Spindle.objects.get(pk=spindle.pk)
    return row.status, str(row.live_status), trigger_of(row).state, row.consecutive_failures


def test_five_failed_runs_in_a_row_put_a_spindle_into_error(
    person: Person, spindle: Spindle
) -> None:
    fail(person, spindle, 4)
    assert state(spindle) == ("active", "active", "active", 4)

    fail(person, spindle, 1)
    assert state(spindle) == ("error", "error", "stopped", 5)
    assert trigger_of(spindle).next_at is None

    with system_scope():
        told = NodeEvent.objects.get(event_type="WorkflowEnteredError")
    assert told.entity_id == spindle.pk
    assert (told.data["failures"], told.data["version"]) == (5, "1.0.0")


def test_the_owner_is_told(person: Person, spindle: Spindle, settings: Any) -> None:
    settings.SPINDLE_ERROR_AFTER = 1
    fail(person, spindle, 1)
    found = subscribers.get("notifications")
    assert found is not None
    deliver(found)

    with system_scope():
        notice = Notification.objects.get(kind="spindle_error", channel="in_app")
    assert notice.user_id == person.user.pk
    assert notice.title == "Stopped: Deploy"
    assert "1 runs" in notice.body


def test_the_first_completed_run_by_hand_puts_it_to_work_again(
    person: Person, spindle: Spindle, settings: Any
) -> None:
    settings.SPINDLE_ERROR_AFTER = 2
    fail(person, spindle, 2)

    assert run(person, spindle, MANUAL) == FAILED
    assert state(spindle)[:3] == ("error", "error", "stopped")

    assert run(person, spindle, MANUAL, n=1) == COMPLETED
    assert state(spindle) == ("active", "active", "active", 0)
    assert trigger_of(spindle).next_at is not None
    with system_scope():
        events = NodeEvent.objects.filter(entity_id=spindle.pk, event_type="WorkflowActivated")
        assert events.count() == 2
        assert events.latest("sequence").user_id == person.user.pk


def test_activating_by_hand_works_as_well(person: Person, spindle: Spindle, settings: Any) -> None:
    settings.SPINDLE_ERROR_AFTER = 2
    fail(person, spindle, 2)

    with scope(person.actor):
        life_cycle.activate_spindle(actor=person.actor, pk=spindle.pk)
    assert state(spindle) == ("active", "active", "active", 0)

    fail(person, spindle, 1)
    assert state(spindle) == ("active", "active", "active", 1)


def test_a_completed_run_of_a_trigger_ends_the_row(person: Person, spindle: Spindle) -> None:
    fail(person, spindle, 4)
    assert run(person, spindle, SCHEDULE, n=1) == COMPLETED
    assert state(spindle)[3] == 0

    fail(person, spindle, 4)
    assert state(spindle) == ("active", "active", "active", 4)


def test_runs_by_hand_are_not_counted(person: Person, spindle: Spindle) -> None:
    fail(person, spindle, 4)
    for _ in range(3):
        assert run(person, spindle, MANUAL) == FAILED
    assert run(person, spindle, MANUAL, n=1) == COMPLETED

    assert state(spindle) == ("active", "active", "active", 4)


def test_runs_that_are_not_production_are_not_counted(person: Person, spindle: Spindle) -> None:
    fail(person, spindle, 6, environment="staging")

    assert state(spindle) == ("active", "active", "active", 0)


def test_counting_is_no_change_of_the_spindle(person: Person, spindle: Spindle) -> None:
    fail(person, spindle, 1)

    with system_scope():
        row = Spindle.objects.get(pk=spindle.pk)
    assert (row.revision, row.updated_at) == (spindle.revision, spindle.updated_at)


def test_an_open_draft_stays_a_draft(person: Person, spindle: Spindle, settings: Any) -> None:
    settings.SPINDLE_ERROR_AFTER = 1
    with scope(person.actor):
        open_spindle_version(actor=person.actor, pk=spindle.pk, bump=Bump.MINOR)

    fail(person, spindle, 1)
    assert state(spindle)[:3] == ("draft", "error", "stopped")

    run(person, spindle, MANUAL, n=1)
    assert state(spindle)[:3] == ("draft", "active", "active")


def test_nothing_is_ever_put_into_error_where_that_is_off(
    person: Person, spindle: Spindle, settings: Any
) -> None:
    settings.SPINDLE_ERROR_AFTER = 0
    fail(person, spindle, 6)

    assert state(spindle) == ("active", "active", "active", 6)


def test_what_rests_stays_at_rest(person: Person, spindle: Spindle, settings: Any) -> None:
    settings.SPINDLE_ERROR_AFTER = 1
    with scope(person.actor):
        life_cycle.deactivate_spindle(actor=person.actor, pk=spindle.pk)
        run_before = Execution(
            organization_id=person.organization.pk,
            source_feature="spindle",
            source_id=spindle.pk,
            trigger_kind=SCHEDULE,
            status=FAILED,
        )
        note_end(run_before)

    assert state(spindle) == ("inactive", "inactive", "removed", 1)


@pytest.mark.parametrize(
    "values",
    [
        {"source_feature": "function-model"},
        {"is_draft": True},
        {"status": ExecutionStatus.CANCELLED},
        {"parent_id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4"},
        {"replay_of_id": "01a1fd92-4b1e-7a07-9b8e-5be9b2f3a1c4"},
    ],
)
def test_ends_that_say_nothing_of_the_spindle_are_passed_over(
    person: Person, spindle: Spindle, values: dict[str, Any]
) -> None:
    ended = Execution(
        **{
            "organization_id": person.organization.pk,
            "source_feature": "spindle",
            "source_id": spindle.pk,
            "trigger_kind": SCHEDULE,
            "status": FAILED,
            **values,
        }
    )
    with scope(person.actor):
        note_end(ended)

    assert state(spindle)[3] == 0


@pytest.mark.parametrize("status", [FAILED, COMPLETED])
def test_a_spindle_that_is_gone_is_no_fault(person: Person, status: str) -> None:
    with scope(person.actor):
        note_end(
            Execution(
                organization_id=person.organization.pk,
                source_feature="spindle",
                source_id=person.organization.pk,
                trigger_kind=SCHEDULE,
                status=status,
            )
        )
        assert not Spindle.objects.exists()
