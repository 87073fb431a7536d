"""Steps that wait for an event, and what an event costs that nobody waits for."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts.actors import Actor
from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from node_links.events.delivering import Outcome, deliver
from node_links.events.recording import AggregateKey, record_event
from node_links.events.subscribing import subscribers
from node_links.models import EventDelivery
from spindles.engine.sweeping import sweep_events
from spindles.registry.results import AwaitEvent, Done, ForEach
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.runs import Started, plan_of, start, step

TYPE = "FunctionModelDeleted"

pytestmark = pytest.mark.django_db


def happen(actor: Actor, entity: UUID | None = None, event_type: str = TYPE) -> UUID:
    """Record an event of some entity and return the event's id."""
    entity = entity or uuid7()
    with scope(actor):
        key = AggregateKey(actor.tenant_id, "function_model", entity)
        data = {"name": "n", "status": "draft", "version": "1.0.0"}
        return record_event(actor=actor, entity=key, event_type=event_type, data=data)


def happen_elsewhere(actor: Actor, entity: UUID | None = None) -> UUID:
    """Do so in a connection of its own, and commit it."""

    def act() -> UUID:
        try:
            return happen(actor, entity)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(act).result()


def deliveries() -> list[UUID]:
    with system_scope():
        rows = EventDelivery.objects.filter(subscriber="waiting-steps", status="pending")
        return list(rows.order_by("created_at").values_list("event_id", flat=True))


def relay() -> Outcome:
    subscriber = subscribers.get("waiting-steps")
    assert subscriber is not None
    return deliver(subscriber)


def wait_for(actor: Actor, script: Script, **more: Any) -> Started:
    script.say("it", AwaitEvent(TYPE, **more))
    return start(actor, plan_of(step("it", "scripted")), {"entity": "none"}).drive()


def test_an_event_that_nobody_waits_for_leaves_nothing(cast: Cast, script: Script) -> None:
    happen(cast.editor.actor)
    wait_for(cast.stranger.actor, script)
    happen(cast.editor.actor)
    assert deliveries() == []


def test_the_next_event_of_its_type_completes_the_step(cast: Cast, script: Script) -> None:
    happen(cast.editor.actor)
    run = wait_for(cast.editor.actor, script)
    entity = uuid7()
    wanted, later = happen(cast.editor.actor, entity), happen(cast.editor.actor)
    assert deliveries() == [wanted, later]
    assert relay().delivered == 2
    assert run.statuses == {"it": "waiting"}

    run.drive()
    output = run.steps["it"].output
    assert isinstance(output, dict)
    assert (output["event_id"], output["event_type"], output["entity_id"]) == (
        str(wanted),
        TYPE,
        str(entity),
    )
    assert run.row.status == "completed"
    happen(cast.editor.actor)
    assert deliveries() == []


def test_only_an_event_that_matches_is_taken(cast: Cast, script: Script) -> None:
    entity = uuid7()
    script.say("it", AwaitEvent(TYPE, match="event.entity_id == inputs.entity"))
    plan = plan_of(step("it", "scripted"))
    run = start(cast.editor.actor, plan, {"entity": str(entity)}).drive()
    happen(cast.editor.actor)
    relay()
    run.drive()
    assert run.statuses == {"it": "waiting"}

    happen(cast.editor.actor, entity)
    relay()
    run.drive()
    assert run.statuses == {"it": "completed"}


def test_a_match_that_cannot_be_evaluated_is_none_and_is_told(cast: Cast, script: Script) -> None:
    run = wait_for(cast.editor.actor, script, match="event.data.gone == 1")
    happen(cast.editor.actor)
    assert relay().delivered == 1
    run.drive()
    assert run.statuses == {"it": "waiting"}
    assert any("was passed over" in line for _, line in run.logs())


def test_every_step_that_waits_is_answered_also_the_items_of_a_map(
    cast: Cast, script: Script
) -> None:
    script.say("all", ForEach([0, 1], "scripted", {}))
    script.say("all[0]", AwaitEvent(TYPE))
    script.say("all[1]", AwaitEvent(TYPE, match="event.entity_id == 'nobody'"))
    mapped = start(cast.editor.actor, plan_of(step("all", "scripted"))).drive()
    other = wait_for(cast.editor.actor, script)
    happen(cast.editor.actor)
    relay()
    other.drive()
    mapped.drive()
    assert other.row.status == "completed"
    assert mapped.statuses == {"all": "waiting", "all[0]": "completed", "all[1]": "waiting"}


def test_a_step_that_was_answered_and_delivered_twice_keeps_the_first(
    cast: Cast, script: Script
) -> None:
    run = wait_for(cast.editor.actor, script)
    first = happen(cast.editor.actor)
    happen(cast.editor.actor)
    relay()
    with system_scope():
        EventDelivery.objects.filter(subscriber="waiting-steps").update(status="pending")
    relay()
    run.drive()
    output = run.steps["it"].output
    assert isinstance(output, dict)
    assert output["event_id"] == str(first)


def test_a_run_that_has_ended_waits_for_nothing(cast: Cast, script: Script) -> None:
    run = wait_for(cast.editor.actor, script, expires_after=60)
    happen(cast.editor.actor)
    run.pass_time(61)
    run.drive()
    assert run.row.status == "failed"
    assert relay().delivered == 1
    assert run.statuses == {"it": "failed"}


@pytest.mark.django_db(transaction=True)
def test_an_event_between_the_beginning_of_a_wait_and_its_commit_is_not_missed(
    cast: Cast, script: Script
) -> None:
    seen: list[UUID] = []

    def meanwhile(_context: object) -> Done:
        seen.append(happen_elsewhere(cast.editor.actor))
        return Done()

    script.say("it", AwaitEvent(TYPE))
    script.say("beside", meanwhile)
    plan = plan_of(step("it", "scripted"), step("beside", "plain"))
    run = start(cast.editor.actor, plan).drive()
    assert (run.statuses["it"], deliveries()) == ("waiting", [])

    assert sweep_events() == 1
    assert deliveries() == seen
    relay()
    run.drive()
    assert run.row.status == "completed"
    assert sweep_events() == 0
