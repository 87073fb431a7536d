"""Spindles that events start: which of them, at most once each, and never in a circle for ever."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from config.request_context import caused_by, inside_execution
from knowledge_base.models import Sop
from node_links.events.delivering import deliver
from node_links.events.envelope import Event
from node_links.events.recording import record_event
from node_links.events.subscribing import subscribers
from node_links.models import AuditLog, EventDelivery, NodeEvent
from spindles.models import Execution, Spindle
from spindles.services.triggers.reacting import fire_on_event
from tests.factories import Person, make_person, make_sop
from tests.spindles.triggers.publishing import firings_of, publish, publish_again, runs_of

SUBSCRIBER = "spindle-triggers"
ON_UPDATE = {"kind": "event", "id": "e", "type": "SopUpdated"}


@pytest.fixture
def person(db: None) -> Person:
    return make_person(Role.OWNER)


@pytest.fixture
def sop(person: Person) -> Sop:
    return make_sop(person)


def update(person: Person, sop: Sop, **context: Any) -> UUID:
    """Let an SOP be changed, as far as its events tell; return the event's id."""
    with (
        scope(person.actor),
        inside_execution(context.get("execution")),
        caused_by(context.get("cause")),
    ):
        change = {"title": {"old": "a", "new": context.get("title", "b")}}
        data = {"changes": change}
        return record_event(actor=person.actor, entity=sop, event_type="SopUpdated", data=data)


def hear() -> int:
    """Deliver what waits for the triggers; return how many events that were."""
    found = subscribers.get(SUBSCRIBER)
    assert found is not None
    return deliver(found).delivered


def test_an_event_starts_what_waits_for_it(person: Person, sop: Sop) -> None:
    spindle = publish(
        person,
        {**ON_UPDATE, "inputs": {"title": "${{ trigger.event.data.changes.title.new }}"}},
        inputs=[{"name": "title", "type": "string"}],
    )
    event_id = update(person, sop, title="Stop the pump")
    hear()

    (run,) = runs_of(spindle)
    assert run.inputs == {"title": "Stop the pump"}
    assert (run.trigger_kind, run.environment, run.started_by_id) == ("event", "production", None)
    assert run.trigger["event"]["event_id"] == str(event_id)
    assert run.trigger["event"]["entity_id"] == str(sop.pk)
    assert run.trigger["chain"] == 1
    (firing,) = firings_of(spindle)
    assert (firing.outcome, firing.occurrence, firing.execution_id) == (
        "started", str(event_id), run.pk,
    )  # fmt: skip
    with system_scope():
        begun = NodeEvent.objects.get(event_type="WorkflowExecutionStarted")
    assert begun.causation_id == event_id


@pytest.mark.parametrize(
    ("trigger", "starts"),
    [
        ({"type": "SopUpdated"}, True),
        ({"type": "Sop*"}, True),
        ({"type": "*"}, True),
        ({"type": "SopUpdatedTwice"}, False),
        ({"type": "SopUp"}, False),
        ({"type": "Workflow*"}, False),
        ({"type": "SopUpdated", "filter": "event.data.changes.title.new == 'b'"}, True),
        ({"type": "SopUpdated", "filter": "event.data.changes.title.new == 'c'"}, False),
        ({"type": "*", "filter": "event.feature_type == 'knowledge-base'"}, True),
    ],
)
def test_type_and_filter_say_which_events_are_meant(
    person: Person, sop: Sop, trigger: dict[str, str], starts: bool
) -> None:
    spindle = publish(person, {"kind": "event", **trigger})

    event_id = str(update(person, sop))
    hear()

    started = [run for run in runs_of(spindle) if run.trigger["event"]["event_id"] == event_id]
    fired = [one for one in firings_of(spindle) if one.occurrence == event_id]
    assert (len(started), len(fired)) == (int(starts), int(starts))


def test_an_event_starts_a_trigger_once_however_often_it_is_told(person: Person, sop: Sop) -> None:
    spindle = publish(person, ON_UPDATE, {**ON_UPDATE, "id": "other"})
    update(person, sop)
    hear()
    with system_scope():
        EventDelivery.objects.filter(subscriber=SUBSCRIBER).update(status="pending")
    hear()

    assert sorted(run.trigger["id"] for run in runs_of(spindle)) == ["e", "other"]


def test_events_of_another_organisation_start_nothing(person: Person) -> None:
    spindle = publish(person, ON_UPDATE)
    other = make_person(Role.OWNER)

    update(other, make_sop(other))
    hear()

    assert runs_of(spindle) == []


def test_the_next_version_hears_what_it_says_itself(person: Person, sop: Sop) -> None:
    spindle = publish(person, ON_UPDATE)
    publish_again(person, spindle, {**ON_UPDATE, "type": "SopArchived"})

    update(person, sop)
    hear()

    assert runs_of(spindle) == []


def test_a_filter_without_an_answer_is_told(person: Person, sop: Sop) -> None:
    spindle = publish(person, {**ON_UPDATE, "filter": "event.data.nothing > 3"})

    update(person, sop)
    hear()

    (firing,) = firings_of(spindle)
    assert firing.outcome == "refused"
    assert firing.reason.startswith("condition_error: ")
    assert runs_of(spindle) == []


def test_a_run_that_is_refused_is_told(person: Person, sop: Sop) -> None:
    wrong = {**ON_UPDATE, "inputs": {"n": "${{ trigger.event.sequence }}"}}
    spindle = publish(person, wrong, inputs=[{"name": "n", "type": "string"}])

    update(person, sop)
    hear()

    (firing,) = firings_of(spindle)
    assert (firing.outcome, firing.reason) == (
        "refused", "validation_error: /inputs/n: A text is needed.",
    )  # fmt: skip


def test_events_of_steps_are_not_even_delivered(person: Person) -> None:
    names = [found.name for found in subscribers.of_type("StepExecutionCompleted")]

    assert SUBSCRIBER not in names
    assert SUBSCRIBER in [found.name for found in subscribers.of_type("WorkflowExecutionCompleted")]


def chained(person: Person, sop: Sop, spindle: Spindle, length: int) -> list[Execution]:
    """Let each run of a spindle change the SOP again; return the runs after `length` turns."""
    update(person, sop)
    for _ in range(length):
        hear()
        update(person, sop, execution=runs_of(spindle)[-1].pk)
    hear()
    return runs_of(spindle)


def test_a_chain_of_runs_is_cut_with_an_entry_in_the_trail(
    person: Person, sop: Sop, settings: Any
) -> None:
    settings.TRIGGER_CHAIN = 3
    spindle = publish(person, ON_UPDATE)

    runs = chained(person, sop, spindle, length=3)

    assert [run.trigger["chain"] for run in runs] == [1, 2, 3]
    last = firings_of(spindle)[-1]
    assert (last.outcome, last.reason.partition(":")[0]) == ("refused", "chain_too_long")
    with system_scope():
        entry = AuditLog.objects.get(event_type="TriggerChainCut")
    assert (entry.model_id, (entry.event_data or {})["chain"]) == (spindle.pk, 4)
    assert (entry.event_data or {})["outcome"] == "refused"


def test_ten_runs_may_start_one_another(person: Person, sop: Sop) -> None:
    spindle = publish(person, ON_UPDATE)

    assert len(chained(person, sop, spindle, length=12)) == 10


def test_a_chain_is_followed_through_what_events_led_to(person: Person, sop: Sop) -> None:
    spindle = publish(person, ON_UPDATE)
    update(person, sop)
    hear()
    caused = update(person, sop, execution=runs_of(spindle)[0].pk, title="x")
    hear()

    # What a subscriber does because of an event names the event, and no run.
    update(person, sop, cause=caused)
    hear()

    assert [run.trigger["chain"] for run in runs_of(spindle)] == [1, 2, 2]


@pytest.mark.parametrize("values", [{"environment": "staging"}, {"replay": True}])
def test_what_is_not_production_starts_nothing(
    person: Person, sop: Sop, values: dict[str, Any]
) -> None:
    spindle = publish(person, ON_UPDATE)
    update(person, sop)
    hear()
    (run,) = runs_of(spindle)
    with system_scope():
        rows = Execution.objects.filter(pk=run.pk)
        if "replay" in values:
            rows.update(replay_of_id=run.pk)
        else:
            rows.update(**values)

    update(person, sop, execution=run.pk)
    hear()

    assert len(runs_of(spindle)) == 1


def test_the_events_of_a_run_belong_to_its_chain(person: Person, sop: Sop) -> None:
    spindle = publish(person, {"kind": "event", "id": "e", "type": "WorkflowExecutionStarted"})
    other = publish(person, ON_UPDATE, name="Other")
    update(person, sop)
    hear()
    hear()

    assert runs_of(other)[0].trigger["chain"] == 1
    assert [run.trigger["chain"] for run in runs_of(spindle)][:1] == [2]


def test_a_cause_that_is_no_longer_kept_ends_the_search(person: Person) -> None:
    spindle = publish(person, {**ON_UPDATE, "type": "PumpInspected"})
    event = Event(
        id=uuid7(),
        event_type="PumpInspected",
        schema_version=1,
        stored_version=1,
        feature_type="custom",
        entity_id=uuid7(),
        node_id=None,
        sequence=1,
        data={},
        timestamp=datetime.now(UTC),
        user_id=None,
        organization_id=person.organization.pk,
        correlation_id=None,
        causation_id=uuid7(),
        execution_id=None,
    )

    with system_scope():
        assert fire_on_event(event) == 1
        assert fire_on_event(event) == 0
        assert fire_on_event(replace(event, event_type="PumpRepaired")) == 0

    assert [run.trigger["chain"] for run in runs_of(spindle)] == [1]
