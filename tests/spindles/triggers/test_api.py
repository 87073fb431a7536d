"""Triggers, schedules and secrets of webhooks over REST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from node_links.models import NodeEvent
from node_links.webhooks.signing import make_secret
from spindles.models import Spindle, SpindleTrigger
from spindles.services.spindles import create_spindle
from spindles.services.triggers.scheduling import fire_due_schedules
from tests.factories import Cast, make_person
from tests.spindles.triggers.publishing import (
    EVERY_MINUTE,
    MONDAY,
    plan_for,
    publish,
    publish_again,
    runs_of,
    trigger_of,
    triggers_of,
)
from tests.spindles.triggers.test_hooks import HOOK, TOKEN, post, send

MORNING = {"kind": "schedule", "id": "morning", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}
EVENING = {"cron": "0 18 * * MON-FRI", "timezone": "America/New_York"}


@pytest.fixture
def spindle(cast: Cast) -> Spindle:
    return publish(cast.editor, HOOK, MORNING, {"kind": "event", "id": "e", "type": "SopUpdated"})


def at(spindle: Spindle, what: str) -> str:
    """Return an address below a spindle."""
    return f"/api/v1/spindles/{spindle.pk}/{what}/"


def test_members_see_the_triggers_of_the_live_version(cast: Cast, spindle: Spindle) -> None:
    send(spindle, delivery_id="delivery-1")
    answer = cast.viewer.client.get(at(spindle, "triggers"))

    assert answer.status_code == 200
    assert (answer.data["version"], answer.data["live_status"]) == ("1.0.0", "active")
    event, hook, morning = answer.data["triggers"]
    assert [one["key"] for one in answer.data["triggers"]] == ["e", "hook", "morning"]
    slug = cast.organization.slug
    assert hook["hook_url"] == f"http://testserver/api/v1/hooks/{slug}/deploys/"
    assert hook["last_firing"]["execution_id"] == str(runs_of(spindle)[0].pk)
    assert hook["last_firing"]["outcome"] == "started"
    assert (event["hook_url"], event["last_firing"], event["upcoming"]) == (None, None, [])
    assert event["config"] == {"kind": "event", "type": "SopUpdated", "inputs": {}}
    times = [datetime.fromisoformat(one) for one in morning["upcoming"]]
    assert len(times) == 5 and times[0] > timezone.now()
    assert morning["next_at"] == morning["upcoming"][0]
    assert "secret" not in str(answer.content)


def test_an_address_that_was_made_up_stands_alone(cast: Cast) -> None:
    spindle = publish(cast.editor, {"kind": "webhook", "id": "hook"})
    (hook,) = cast.viewer.client.get(at(spindle, "triggers")).data["triggers"]
    path = trigger_of(spindle).path

    assert hook["hook_url"] == f"http://testserver/api/v1/hooks/{path}/"
    assert send(spindle, path=str(path)).status_code == 202


def test_triggers_of_others_are_not_found(cast: Cast, spindle: Spindle) -> None:
    for what in ("triggers", "schedule", "firings"):
        assert cast.stranger.client.get(at(spindle, what)).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_triggers(cast: Cast) -> None:
    few = publish(cast.editor, HOOK, name="Few")
    many = publish(
        cast.editor,
        *({"kind": "webhook", "id": f"hook-{n}", "path": f"path-{n}"} for n in range(12)),
        *({**MORNING, "id": f"morning-{n}"} for n in range(12)),
        name="Many",
    )
    send(few)
    client = cast.viewer.client
    client.get(at(few, "triggers"))
    counts = []
    for spindle in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(at(spindle, "triggers")).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 6


def test_a_draft_has_no_triggers_yet(cast: Cast) -> None:
    with scope(cast.editor.actor):
        draft = create_spindle(actor=cast.editor.actor, name="Draft", triggers=[MORNING])

    client = cast.editor.client
    assert client.get(at(draft, "triggers")).data == {
        "version": None, "live_status": None, "triggers": [],
    }  # fmt: skip
    answer = client.put(at(draft, "schedule"), EVENING)
    assert (answer.status_code, answer.data["code"]) == (409, "not_published")
    assert client.delete(at(draft, "schedule")).status_code == 409
    assert triggers_of(draft) == {}


def test_firings_are_listed_with_a_cursor(cast: Cast) -> None:
    spindle = publish(cast.editor, {**EVERY_MINUTE, "catch_up": "all"})
    plan_for(trigger_of(spindle), MONDAY)
    fire_due_schedules(now=MONDAY + timedelta(minutes=4))

    client = cast.viewer.client
    first = client.get(at(spindle, "firings"), {"page_size": 3})
    second = client.get(first.data["next"])

    planned = [one["planned_at"] for one in (*first.data["results"], *second.data["results"])]
    expected = [MONDAY + timedelta(minutes=minute) for minute in (4, 3, 2, 1, 0)]
    assert [datetime.fromisoformat(one) for one in planned] == expected
    assert second.data["next"] is None


def test_the_schedule_tells_the_next_times(cast: Cast, spindle: Spindle) -> None:
    answer = cast.viewer.client.get(at(spindle, "schedule"))

    assert answer.status_code == 200
    (schedule,) = answer.data["schedules"]
    assert schedule["config"]["cron"] == "0 6 * * *"
    assert answer.data["next_at"] == schedule["next_at"]


def test_a_schedule_is_set_instead_of_those_of_the_version(cast: Cast, spindle: Spindle) -> None:
    answer = cast.editor.client.put(at(spindle, "schedule"), {**EVENING, "overlap": "skip"})

    assert answer.status_code == 200
    (schedule,) = answer.data["schedules"]
    assert schedule["config"] == {
        **EVENING, "kind": "schedule", "catch_up": "latest", "overlap": "skip", "inputs": {},
    }  # fmt: skip
    assert schedule["origin"] == "schedule"
    due = datetime.fromisoformat(schedule["next_at"]).astimezone(UTC)
    assert due.hour in (22, 23) and due > timezone.now()
    assert triggers_of(spindle)["morning"].state == "removed"

    plan_for(triggers_of(spindle)["schedule"], MONDAY)
    fire_due_schedules(now=MONDAY)
    assert [run.trigger["id"] for run in runs_of(spindle)] == ["schedule"]


def test_setting_the_same_schedule_again_changes_nothing(cast: Cast, spindle: Spindle) -> None:
    client = cast.editor.client
    client.put(at(spindle, "schedule"), EVENING)
    plan_for(triggers_of(spindle)["schedule"], MONDAY)
    client.put(at(spindle, "schedule"), EVENING)

    assert triggers_of(spindle)["schedule"].next_at == MONDAY
    client.put(at(spindle, "schedule"), {**EVENING, "cron": "0 19 * * *"})
    assert triggers_of(spindle)["schedule"].next_at != MONDAY
    with system_scope():
        rows = NodeEvent.objects.filter(entity_id=spindle.pk, event_type__contains="Schedule")
        told = [(row.event_type, row.data["schedule"]["cron"]) for row in rows.order_by("sequence")]
    assert told == [
        ("WorkflowScheduled", "0 6 * * *"),
        ("WorkflowScheduleRemoved", "0 6 * * *"),
        ("WorkflowScheduled", "0 18 * * MON-FRI"),
        ("WorkflowScheduled", "0 19 * * *"),
    ]


def test_a_schedule_that_was_set_outlasts_a_rest_but_not_the_version(
    cast: Cast, spindle: Spindle
) -> None:
    client = cast.editor.client
    client.put(at(spindle, "schedule"), EVENING)

    client.post(at(spindle, "deactivate"))
    assert client.put(at(spindle, "schedule"), EVENING).status_code == 409
    client.post(at(spindle, "activate"))
    keys = {key for key, row in triggers_of(spindle).items() if row.state == "active"}
    assert keys == {"schedule", "hook", "e"}

    publish_again(cast.editor, spindle, MORNING)
    assert set(triggers_of(spindle)) == {"morning"}


def test_a_schedule_is_removed(cast: Cast, spindle: Spindle) -> None:
    client = cast.editor.client
    client.put(at(spindle, "schedule"), EVENING)

    assert client.delete(at(spindle, "schedule")).status_code == 204
    assert client.get(at(spindle, "schedule")).data["schedules"] == []
    assert client.get(at(spindle, "schedule")).data["next_at"] is None
    assert client.delete(at(spindle, "schedule")).status_code == 204

    client.post(at(spindle, "deactivate"))
    client.post(at(spindle, "activate"))
    assert triggers_of(spindle)["morning"].state == "active"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/cron", "required"),
        ({"cron": "at six"}, "/cron", "invalid"),
        ({"cron": "0 6 * * *", "timezone": "Berlin"}, "/timezone", "invalid"),
        ({"cron": "0 6 * * *", "catch_up": "some"}, "/catch_up", "invalid_choice"),
        ({"cron": "0 6 * * *", "kind": "webhook"}, "/kind", "unknown_field"),
        ({"cron": "0 6 * * *", "inputs": []}, "/inputs", "invalid"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(
    cast: Cast, spindle: Spindle, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = cast.editor.client.put(at(spindle, "schedule"), body)

    assert answer.status_code == 400
    assert [(one["pointer"], one["code"]) for one in answer.data["errors"]] == [(pointer, code)]
    assert triggers_of(spindle)["morning"].state == "active"


def test_who_may_not_publish_may_not_set_a_schedule(cast: Cast, spindle: Spindle) -> None:
    client = cast.viewer.client
    hook = triggers_of(spindle)["hook"]

    assert client.put(at(spindle, "schedule"), EVENING).status_code == 403
    assert client.delete(at(spindle, "schedule")).status_code == 403
    assert client.post(at(spindle, f"triggers/{hook.pk}/rotate-secret")).status_code == 403
    assert triggers_of(spindle)["hook"].secret == hook.secret
    assert triggers_of(spindle)["morning"].state == "active"


def test_a_stale_revision_is_refused(cast: Cast, spindle: Spindle) -> None:
    answer = cast.editor.client.put(at(spindle, "schedule"), EVENING, headers={"If-Match": '"0"'})

    assert answer.status_code == 412
    assert "schedule" not in triggers_of(spindle)


def test_a_secret_is_shown_once_and_the_one_before_is_good_for_a_while(
    cast: Cast, spindle: Spindle
) -> None:
    hook = triggers_of(spindle)["hook"]
    before = hook.secret or ""
    answer = cast.editor.client.post(at(spindle, f"triggers/{hook.pk}/rotate-secret"))

    assert answer.status_code == 200
    secret = answer.data["secret"]
    assert secret.startswith("whsec_") and secret != before
    assert send(spindle, secret=secret).status_code == 202
    assert send(spindle, secret=before).status_code == 202
    assert secret not in str(cast.editor.client.get(at(spindle, "triggers")).content)

    with system_scope():
        SpindleTrigger.objects.filter(pk=hook.pk).update(previous_until=timezone.now())
    assert send(spindle, secret=before).status_code == 401
    assert send(spindle, secret=secret).status_code == 202


def test_the_other_side_may_bring_its_own_secret(cast: Cast, spindle: Spindle) -> None:
    hook = triggers_of(spindle)["hook"]
    address = at(spindle, f"triggers/{hook.pk}/rotate-secret")
    own = make_secret()

    assert cast.editor.client.post(address, {"secret": "short"}).status_code == 400
    assert triggers_of(spindle)["hook"].secret == hook.secret
    assert cast.editor.client.post(address, {"secret": own}).data["secret"] == own
    assert send(spindle, secret=own).status_code == 202


def test_a_token_may_be_brought_too(cast: Cast) -> None:
    spindle = publish(cast.editor, TOKEN)
    address = at(spindle, f"triggers/{trigger_of(spindle).pk}/rotate-secret")
    client = cast.editor.client

    for wrong in ("x" * 23, "with a blank in the middle", "ü" * 30):
        assert client.post(address, {"secret": wrong}).status_code == 400
    token = client.post(address, {"secret": "t" * 24}).data["secret"]
    assert post(headers={"Authorization": f"Bearer {token}"}).status_code == 202
    made = client.post(address).data["secret"]
    assert made.startswith("hook_")


@pytest.mark.parametrize("which", ["morning", "unknown", "malformed", "foreign"])
def test_only_webhooks_of_the_spindle_have_a_secret(
    cast: Cast, spindle: Spindle, which: str
) -> None:
    other = publish(make_person(Role.OWNER), HOOK)
    key = {
        "morning": str(triggers_of(spindle)["morning"].pk),
        "unknown": str(spindle.pk),
        "malformed": "hook",
        "foreign": str(trigger_of(other).pk),
    }[which]

    answer = cast.editor.client.post(at(spindle, f"triggers/{key}/rotate-secret"))

    assert answer.status_code == 404
