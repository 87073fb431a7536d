"""Triggers belong to the live version: they come with it, rest with it and go with it."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.exceptions import Conflict, ValidationFailed
from node_links.choices import Bump
from node_links.models import AuditLog, NodeEvent
from spindles.models import Spindle, SpindleTrigger
from spindles.services import life_cycle
from spindles.services.publishing import open_spindle_version
from spindles.services.spindles import create_spindle
from tests.factories import Person, make_person
from tests.spindles.triggers.publishing import (
    EVERY_MINUTE,
    MONDAY,
    plan_for,
    publish,
    publish_again,
    trigger_of,
    triggers_of,
)

HOOK = {"kind": "webhook", "id": "hook", "path": "deploys"}
MORNING = {"kind": "schedule", "id": "morning", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}


@pytest.fixture
def person(db: None) -> Person:
    return make_person(Role.OWNER)


def events_of(spindle: Spindle) -> list[tuple[str, str]]:
    """Return the events of schedules: their type and the version."""
    with system_scope():
        rows = NodeEvent.objects.filter(entity_id=spindle.pk, event_type__contains="Schedule")
        return [(row.event_type, row.data["version"]) for row in rows.order_by("sequence")]


def test_a_draft_registers_nothing(person: Person) -> None:
    with scope(person.actor):
        spindle = create_spindle(actor=person.actor, name="Deploy", triggers=[HOOK, MORNING])

    assert triggers_of(spindle) == {}


def test_publishing_registers_the_triggers_of_the_version(person: Person) -> None:
    inputs = [{"name": "app", "type": "string", "required": False}]
    spindle = publish(
        person, HOOK, MORNING, {"kind": "event", "id": "e", "type": "Sop*"}, inputs=inputs
    )

    found = triggers_of(spindle)
    assert {key: (row.kind, row.state, row.version) for key, row in found.items()} == {
        "hook": ("webhook", "active", "1.0.0"),
        "morning": ("schedule", "active", "1.0.0"),
        "e": ("event", "active", "1.0.0"),
    }
    due = found["morning"].next_at
    assert due is not None and due > timezone.now()
    assert due.astimezone(UTC).hour in (4, 5) and due.minute == 0
    assert found["hook"].path == "deploys" and found["hook"].input_names == ["app"]
    assert (found["hook"].secret or "").startswith("whsec_")
    assert found["e"].event_type == "Sop*" and found["e"].next_at is None
    assert found["hook"].registered_by_id == person.user.pk
    assert events_of(spindle) == [("WorkflowScheduled", "1.0.0")]


def test_the_next_version_takes_over_what_it_has_too(person: Person) -> None:
    spindle = publish(person, HOOK, MORNING, EVERY_MINUTE)
    before = triggers_of(spindle)
    plan_for(before["morning"], MONDAY)

    publish_again(person, spindle, {**HOOK, "tolerance": 60}, MORNING, {"kind": "manual"})

    after = triggers_of(spindle)
    assert sorted(row.kind for row in after.values()) == ["manual", "schedule", "webhook"]
    assert after["hook"].pk == before["hook"].pk
    assert after["hook"].secret == before["hook"].secret
    assert after["hook"].config["tolerance"] == 60
    assert after["morning"].next_at == MONDAY
    assert {row.version for row in after.values()} == {"1.1.0"}
    assert events_of(spindle) == [
        ("WorkflowScheduled", "1.0.0"),
        ("WorkflowScheduled", "1.0.0"),
        ("WorkflowScheduleRemoved", "1.0.0"),
    ]


def test_a_webhook_is_known_by_its_path_too(person: Person) -> None:
    spindle = publish(person, HOOK)
    before = trigger_of(spindle)

    publish_again(person, spindle, {**HOOK, "id": "other"})

    after = trigger_of(spindle)
    assert (after.pk, after.key, after.secret) == (before.pk, "other", before.secret)


def test_two_webhooks_may_swap_their_paths(person: Person) -> None:
    other = {"kind": "webhook", "id": "other", "path": "builds"}
    spindle = publish(person, HOOK, other)

    publish_again(person, spindle, {**HOOK, "path": "builds"}, {**other, "path": "deploys"})

    assert {key: row.path for key, row in triggers_of(spindle).items()} == {
        "hook": "builds",
        "other": "deploys",
    }


def test_a_webhook_without_a_path_keeps_the_address_made_up_for_it(person: Person) -> None:
    nameless = {"kind": "webhook", "id": "hook"}
    spindle = publish(person, nameless)
    path = trigger_of(spindle).path
    assert path is not None and len(path) == 48

    publish_again(person, spindle, nameless)
    assert trigger_of(spindle).path == path

    publish_again(person, spindle, HOOK)
    assert trigger_of(spindle).path == "deploys"

    publish_again(person, spindle, nameless)
    assert trigger_of(spindle).path not in (path, "deploys", None)


def test_another_way_to_sign_needs_another_secret(person: Person) -> None:
    spindle = publish(person, HOOK)
    before = trigger_of(spindle).secret

    publish_again(person, spindle, {**HOOK, "auth": "token"})

    after = trigger_of(spindle).secret
    assert after is not None and after.startswith("hook_") and after != before


def test_another_kind_under_an_id_is_another_trigger(person: Person) -> None:
    spindle = publish(person, {**HOOK, "id": "x"})
    before = trigger_of(spindle)

    publish_again(person, spindle, {**MORNING, "id": "x"})

    after = trigger_of(spindle)
    assert after.pk != before.pk
    assert (after.kind, after.path, after.secret) == ("schedule", None, None)


def test_a_path_belongs_to_one_spindle_of_an_organisation(person: Person) -> None:
    publish(person, HOOK)

    with pytest.raises(Conflict) as refusal:
        publish(person, {"kind": "manual"}, HOOK, name="Another")

    assert refusal.value.code == "duplicate"
    assert [fault.pointer for fault in refusal.value.errors] == ["/triggers/1/path"]
    with system_scope():
        assert SpindleTrigger.objects.count() == 1


def test_another_organisation_may_use_the_same_path(person: Person) -> None:
    mine, theirs = publish(person, HOOK), publish(make_person(Role.OWNER), HOOK)

    assert trigger_of(mine).path == trigger_of(theirs).path == "deploys"


def test_deactivating_silences_and_activating_brings_back(person: Person) -> None:
    spindle = publish(person, HOOK, MORNING)
    before = triggers_of(spindle)

    with scope(person.actor):
        life_cycle.deactivate_spindle(actor=person.actor, pk=spindle.pk)
    silent = triggers_of(spindle)
    assert {row.state for row in silent.values()} == {"removed"}
    assert silent["morning"].next_at is None

    with scope(person.actor):
        life_cycle.activate_spindle(actor=person.actor, pk=spindle.pk)
    after = triggers_of(spindle)
    assert {row.state for row in after.values()} == {"active"}
    assert after["hook"].secret == before["hook"].secret
    assert after["morning"].next_at == before["morning"].next_at
    assert [name for name, _ in events_of(spindle)] == [
        "WorkflowScheduled",
        "WorkflowScheduleRemoved",
        "WorkflowScheduled",
    ]


@pytest.mark.parametrize("act", ["deprecate_spindle", "delete_spindle"])
def test_deprecating_and_deleting_silence(person: Person, act: str) -> None:
    spindle = publish(person, HOOK, MORNING)

    with scope(person.actor):
        getattr(life_cycle, act)(actor=person.actor, pk=spindle.pk)

    assert {row.state for row in triggers_of(spindle).values()} == {"removed"}


def test_restoring_brings_the_triggers_back(person: Person) -> None:
    spindle = publish(person, HOOK)
    with scope(person.actor):
        life_cycle.delete_spindle(actor=person.actor, pk=spindle.pk)
        life_cycle.restore_spindle(actor=person.actor, pk=spindle.pk)

    assert trigger_of(spindle).state == "active"


def test_archiving_gives_the_address_free(person: Person) -> None:
    spindle = publish(person, HOOK)
    with scope(person.actor):
        life_cycle.archive_spindle(actor=person.actor, pk=spindle.pk)
    assert triggers_of(spindle) == {}

    assert trigger_of(publish(person, HOOK, name="Next")).path == "deploys"


def test_an_open_draft_leaves_the_live_triggers_alone(person: Person) -> None:
    spindle = publish(person, HOOK)

    with scope(person.actor):
        open_spindle_version(actor=person.actor, pk=spindle.pk, bump=Bump.MAJOR)

    assert (trigger_of(spindle).state, trigger_of(spindle).version) == ("active", "1.0.0")


def test_what_means_nothing_is_refused_when_it_is_saved(person: Person) -> None:
    with pytest.raises(ValidationFailed) as refusal, scope(person.actor):
        create_spindle(
            actor=person.actor, name="x", triggers=[{"kind": "schedule", "cron": "at six"}]
        )

    assert [fault.pointer for fault in refusal.value.errors] == ["/triggers/0/cron"]


def test_what_can_never_start_stands_in_the_way_of_publishing(person: Person) -> None:
    inputs = [{"name": "app", "type": "string"}]

    with pytest.raises(Conflict) as refusal:
        publish(person, MORNING, inputs=inputs)

    assert refusal.value.code == "not_publishable"
    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [
        ("/triggers/0/inputs", "missing_param")
    ]


def test_the_trail_tells_of_triggers_without_their_secrets(person: Person) -> None:
    spindle = publish(person, HOOK)

    with system_scope():
        row = AuditLog.objects.get(table_name="spindle_triggers", operation="INSERT")
    assert row.model_id == spindle.pk
    assert row.new_data is not None
    assert row.new_data["secret"] == "[redacted]"
    assert row.new_data["path"] == "deploys"


def test_planning_the_next_time_leaves_no_trail(person: Person) -> None:
    spindle = publish(person, MORNING)
    plan_for(trigger_of(spindle), datetime(2031, 1, 1, tzinfo=UTC))

    with system_scope():
        rows = AuditLog.objects.filter(table_name="spindle_triggers")
        assert [row.operation for row in rows] == ["INSERT"]
