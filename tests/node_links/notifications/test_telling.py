"""Who is told of what: once, only whom it concerns, only as they chose."""

from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
from django.db import connection

from accounts.actors import system_actor
from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from config.exceptions import Forbidden, NotFound
from knowledge_base.models import Sop
from knowledge_base.services.sops import publish_sop, update_sop
from node_links.events.envelope import Event
from node_links.events.subscribing import subscribers
from node_links.models import NotificationPreference
from node_links.notifications.inbox import choose, mark_read
from node_links.notifications.kinds import Kind, KindRegistry, Words
from tests.factories import Cast, Person, make_sop
from tests.node_links.notifications.conftest import (
    Rung,
    deliver,
    failed_run,
    make_event,
    people_told,
    stored_event,
    told,
)

pytestmark = pytest.mark.django_db


def publish(person: Person, sop: Sop, **values: Any) -> Event:
    """Publish an SOP and return the event that tells of it."""
    with scope(person.actor):
        publish_sop(actor=person.actor, pk=sop.pk, **values)
    return stored_event(sop.pk, "SopPublished")


def prefer(person: Person, kind: str, channel: str, enabled: bool) -> None:
    """Note a choice of `person`."""
    with system_scope():
        NotificationPreference.objects.create(
            organization=person.organization,
            user=person.user,
            kind=kind,
            channel=channel,
            enabled=enabled,
        )


def test_the_subscriber_hears_of_every_kind_and_of_no_replay() -> None:
    subscriber = subscribers.get("notifications")

    assert subscriber is not None
    assert not subscriber.replayable
    assert set(subscriber.types) == {
        "SopPublished", "FunctionModelPublished", "EventStormPublished", "WorkflowActivated",
        "SopReviewDue", "WorkflowExecutionCompleted", "WorkflowExecutionFailed", "AgentStuck",
        "BudgetWarningThresholdReached", "BudgetCriticalThresholdReached", "BudgetExhausted",
        "WebhookDisabled", "WorkflowEnteredError", "StepExecutionWaiting", "StepExecutionAssigned",
    }  # fmt: skip


def test_owner_editors_and_owners_of_what_is_linked_hear_of_a_publication(cast: Cast) -> None:
    sop = make_sop(cast.owner, title="Restart")
    make_sop(cast.admin, title="Reader", content="See [[Restart]].")
    permissions = {"owner": str(cast.owner.user.pk), "editors": [str(cast.viewer.user.pk)]}
    with scope(cast.owner.actor):
        update_sop(actor=cast.owner.actor, pk=sop.pk, values={"permissions": permissions})

    deliver(publish(cast.editor, sop, notes="Shorter now."))

    assert people_told() == {cast.owner.user.pk, cast.viewer.user.pk, cast.admin.user.pk}
    rows = told(user=cast.owner.user)
    assert {(row.channel, row.status) for row in rows} == {("in_app", ""), ("email", "pending")}
    for row in rows:
        assert row.title == "Published: Restart"
        assert row.body == "Version 1.0.0 is live now.\n\nShorter now."
        assert row.url == f"/api/v1/sops/{sop.pk}/"
        assert (row.feature_type, row.entity_id) == ("knowledge-base", sop.pk)
        assert row.organization_id == cast.organization.pk


def test_an_event_delivered_twice_is_told_once(
    cast: Cast, rung: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    event = publish(cast.editor, make_sop(cast.owner))

    with django_capture_on_commit_callbacks(execute=True):
        deliver(event)
        deliver(event)

    assert len(told()) == 2
    assert rung == [0.0]


def test_the_actor_is_not_told_of_the_own_act(cast: Cast) -> None:
    deliver(publish(cast.owner, make_sop(cast.owner)))

    assert told() == []


@pytest.mark.parametrize("how", ["disabled", "left"])
def test_who_may_not_sign_in_is_told_nothing(cast: Cast, how: str) -> None:
    event = publish(cast.editor, make_sop(cast.admin))
    with system_scope():
        if how == "disabled":
            cast.admin.user.is_active = False
            cast.admin.user.save()
        else:
            Membership.objects.get(user=cast.admin.user).delete()

    deliver(event)

    assert told() == []


def test_a_preference_shuts_one_channel_of_one_kind_for_one_person(cast: Cast) -> None:
    prefer(cast.owner, "model_published", "email", enabled=False)
    prefer(cast.owner, "execution_failed", "in_app", enabled=False)
    prefer(cast.admin, "model_published", "in_app", enabled=False)

    deliver(publish(cast.editor, make_sop(cast.owner)))
    deliver(publish(cast.editor, make_sop(cast.admin)))

    assert [row.channel for row in told(user=cast.owner.user)] == ["in_app"]
    assert [row.channel for row in told(user=cast.admin.user)] == ["email"]


def test_who_wants_nothing_costs_no_row(cast: Cast) -> None:
    prefer(cast.owner, "model_published", "email", enabled=False)
    prefer(cast.owner, "model_published", "in_app", enabled=False)

    deliver(publish(cast.editor, make_sop(cast.owner)))

    assert told() == []


def test_a_choice_made_in_another_organisation_does_not_count(cast: Cast) -> None:
    with system_scope():
        NotificationPreference.objects.create(
            organization=cast.stranger.organization, user=cast.owner.user,
            kind="model_published", channel="email", enabled=False,
        )  # fmt: skip

    deliver(publish(cast.editor, make_sop(cast.owner)))

    assert {row.channel for row in told()} == {"in_app", "email"}


def test_a_completed_run_is_told_to_who_started_it(cast: Cast) -> None:
    event = make_event(
        cast.owner,
        "WorkflowExecutionCompleted",
        user_id=cast.viewer.user.pk,
        execution_id=uuid4(),
        data={
            "user_id": str(cast.viewer.user.pk),
            "name": "Nightly import",
            "duration_seconds": 12.34,
            "outputs": {"password": "hunter2"},
        },
    )

    deliver(event)

    assert people_told() == {cast.viewer.user.pk}
    [notice] = told(channel="in_app")
    assert (notice.title, notice.body) == (
        "Completed: Nightly import",
        "The run took 12.3 seconds.",
    )
    assert notice.url == f"/api/v1/executions/{event.execution_id}/"


def test_a_failed_run_is_told_to_starter_and_owner_without_what_it_worked_on(cast: Cast) -> None:
    sop = make_sop(cast.owner)
    place = {"feature_type": "knowledge-base", "entity_id": sop.pk}

    deliver(failed_run(cast.viewer, **place))
    assert people_told() == {cast.viewer.user.pk, cast.owner.user.pk}
    assert {(row.title, row.body) for row in told()} == {
        ("Failed: Nightly import", "It failed at: load, check.")
    }

    triggered = failed_run(cast.editor, **place, data={"trigger": "schedule"})
    deliver(triggered)
    assert people_told(event_id=triggered.id) == {cast.owner.user.pk}


@pytest.mark.parametrize(
    ("data", "envelope"),
    [
        ({"environment": "development"}, {}),
        ({"parent_execution_id": str(uuid4())}, {}),
        ({"replay_of": str(uuid4())}, {}),
        ({"replayed": True}, {}),
        ({}, {"replayed": True}),
    ],
)
def test_trials_parts_and_replays_are_told_to_nobody(
    cast: Cast, data: dict[str, Any], envelope: dict[str, Any]
) -> None:
    deliver(failed_run(cast.owner, data=data, **envelope))

    assert told() == []


def test_ids_that_are_none_and_unknown_features_concern_nobody(cast: Cast) -> None:
    deliver(failed_run(cast.owner, data={"user_id": "root"}))
    deliver(make_event(cast.owner, "AgentStuck", data={"owner_id": None}))
    deliver(make_event(cast.owner, "WorkflowActivated"))
    deliver(make_event(cast.owner, "SopDeleted"))

    assert told() == []


@pytest.mark.parametrize(
    ("event_type", "data", "title", "body"),
    [
        ("AgentStuck", {"time_in_state": 9}, "Agent stuck: Ada", "It has not moved for 9 seconds."),
        ("BudgetWarningThresholdReached", {"percentage": 80}, "Budget warning: Ada",
         "80 % of it is used."),
        ("BudgetExhausted", {}, "Budget exhausted: Ada", ""),
    ],
)  # fmt: skip
def test_owners_named_by_the_event_are_told(
    cast: Cast, event_type: str, data: dict[str, Any], title: str, body: str
) -> None:
    named = {"owner_id": str(cast.admin.user.pk), "name": "Ada", **data}

    deliver(make_event(cast.owner, event_type, feature_type="agent", data=named))

    assert people_told() == {cast.admin.user.pk}
    assert {(row.title, row.body) for row in told()} == {(title, body)}
    assert told()[0].url.startswith("/api/v1/agents/")


def test_a_review_that_is_due_is_told_to_the_owner(cast: Cast) -> None:
    sop = make_sop(cast.admin)
    data = {"name": sop.title, "due_on": "2026-11-21"}
    deliver(
        make_event(
            cast.owner, "SopReviewDue", feature_type="knowledge-base", entity_id=sop.pk, data=data
        )
    )

    assert people_told() == {cast.admin.user.pk}
    assert told()[0].body == "Its review was due on 2026-11-21."


def test_a_title_is_one_line_and_never_too_long(cast: Cast) -> None:
    deliver(failed_run(cast.owner, data={"name": "a\r\nBcc: all@example.com " + "x" * 400}))

    title = told()[0].title
    assert title.startswith("Failed: a Bcc: all@example.com xxx")
    assert len(title) == 300


def test_a_kind_has_a_name_of_its_own() -> None:
    registry = KindRegistry()
    kind = Kind("mine", "Mine", ("X",), lambda event: [], lambda event: Words("", "", ""))
    registry.declare(kind)

    with pytest.raises(ValueError, match="mine"):
        registry.declare(kind)
    assert registry.of_event("X") == [kind]
    assert registry.of_event("Y") == []


@pytest.mark.django_db(transaction=True)
def test_a_notice_in_the_product_is_announced_on_commit(cast: Cast) -> None:
    parameters = connection.get_connection_params()
    wanted = {k: parameters[k] for k in ("host", "port", "user", "password", "dbname")
              if k in parameters}  # fmt: skip
    event = failed_run(cast.viewer)
    with psycopg.connect(**wanted, autocommit=True) as listening:
        listening.execute("LISTEN nodeloom_notifications")
        deliver(event)
        deliver(event)
        announced = [orjson.loads(one.payload) for one in listening.notifies(timeout=0.2)]

    [notice] = told(channel="in_app")
    assert announced == [
        {
            "id": str(notice.pk),
            "user": str(cast.viewer.user.pk),
            "organization": str(cast.organization.pk),
        }
    ]


def test_services_refuse_what_is_not_the_actors_and_who_is_no_person(cast: Cast) -> None:
    deliver(failed_run(cast.viewer))
    [notice] = told(channel="in_app")

    with pytest.raises(NotFound), scope(cast.owner.actor):
        mark_read(actor=cast.owner.actor, pk=notice.pk)
    platform = system_actor(cast.organization.pk)
    with pytest.raises(Forbidden), system_scope():
        choose(actor=platform, choices=[])

    assert told(channel="in_app")[0].read_at is None
    assert str(notice) == "Failed: Nightly import"
