"""Streams over real HTTP: who hears of what, without loss or repetition."""

import pytest
from django.conf import settings as django_settings
from django.db import connections
from pytest_django.fixtures import Settings

from accounts.choices import Role
from accounts.models import Membership, User
from accounts.tenancy import scope, system_scope
from knowledge_base.services.sops import delete_sop
from node_links.realtime import slots
from tests.accounts.conftest import make_key
from tests.factories import make_person, make_sop
from tests.node_links.realtime.conftest import (
    EVENTS,
    Live,
    change,
    of_entity,
    running,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_committed_elsewhere_arrives_as_a_cloud_event(live: Live) -> None:
    ann = make_person(Role.EDITOR)
    sop = make_sop(ann)
    stream = live.open(of_entity(sop), ann)

    event_id = change(ann, sop, "new")
    message = stream.next()

    assert stream.status == 200
    assert stream.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert stream.response.headers["X-Request-ID"]
    assert (message.id, message.event) == (str(event_id), "SopUpdated")
    assert message.data["specversion"] == "1.0"
    assert message.data["id"] == str(event_id)
    assert message.data["subject"] == f"knowledge-base/{sop.pk}"


def test_a_change_of_another_entity_or_organisation_is_not_sent(live: Live) -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    mine, other, foreign = make_sop(ann), make_sop(ann, title="Other"), make_sop(bob)
    entity, everything = live.open(of_entity(mine), ann), live.open(EVENTS, ann)

    change(bob, foreign, "of bob")
    beside = change(ann, other, "beside")
    meant = change(ann, mine, "meant")

    assert entity.next().id == str(meant)
    assert [everything.next().id, everything.next().id] == [str(beside), str(meant)]


def test_a_forged_notification_sends_nothing_of_another_organisation(live: Live) -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    mine, foreign = make_sop(ann), make_sop(bob)
    stream = live.open(of_entity(mine), ann)
    secret = change(bob, foreign, "secret", told=False)

    with connections["default"].cursor() as cursor:
        payload = (
            f'{{"id": "{secret}", "organization": "{ann.organization.pk}", '
            f'"feature": "{mine.feature_type}", "entity": "{mine.pk}"}}'
        )
        cursor.execute("SELECT pg_notify('nodeloom_events', %s)", [payload])
        cursor.execute("SELECT pg_notify('nodeloom_events', 'no JSON')")
    meant = change(ann, mine, "meant")

    assert stream.next().id == str(meant)


def test_a_client_goes_on_after_its_last_id_in_the_same_process(live: Live) -> None:
    ann = make_person(Role.OWNER)
    sop = make_sop(ann)
    first = live.open(EVENTS, ann)
    ids = [str(change(ann, sop, f"{n}")) for n in range(4)]
    assert [first.next().id for _ in ids] == ids
    first.close()

    again = live.open(EVENTS, ann, Last_Event_ID=ids[1])
    later = str(change(ann, sop, "later"))

    assert [again.next().id for _ in range(3)] == [ids[2], ids[3], later]


@pytest.mark.parametrize("narrow", [True, False])
def test_nothing_is_lost_or_repeated_over_a_restart(settings: Settings, narrow: bool) -> None:
    ann = make_person(Role.OWNER)
    sop = make_sop(ann)
    path = of_entity(sop) if narrow else EVENTS
    with running() as before:
        stream = before.open(path, ann)
        heard = [str(change(ann, sop, f"heard {n}")) for n in range(3)]
        assert [stream.next().id for _ in heard] == heard
    missed = [str(change(ann, sop, f"missed {n}")) for n in range(3)]

    with running() as after:
        stream = after.open(path, ann, Last_Event_ID=heard[1])
        later = str(change(ann, sop, "later"))

        assert [stream.next().id for _ in range(5)] == [heard[2], *missed, later]


def test_an_id_that_nobody_knows_is_told_as_a_gap(live: Live) -> None:
    ann = make_person(Role.OWNER)
    sop = make_sop(ann)
    unknown = "01934f6e-8a2b-7c3d-9e4f-5a6b7c8d9e0f"
    stream = live.open(f"{of_entity(sop)}&last_event_id={unknown}", ann)

    gap = stream.next()
    meant = change(ann, sop, "meant")

    assert (gap.event, gap.id, gap.data) == ("gap", "", {"last_event_id": unknown})
    assert stream.next().id == str(meant)


def test_what_happens_while_the_listener_is_cut_off_arrives_once(live: Live) -> None:
    ann = make_person(Role.OWNER)
    sop = make_sop(ann)
    stream = live.open(of_entity(sop), ann)
    before = str(change(ann, sop, "before"))
    assert stream.next().id == before

    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'nodeloom live' AND datname = current_database()"
        )
        assert cursor.fetchone() == (1,)
    during = [str(change(ann, sop, f"during {n}")) for n in range(3)]

    assert [stream.next().id for _ in during] == during
    after = str(change(ann, sop, "after"))
    assert stream.next().id == after


def test_a_quiet_stream_is_kept_alive_by_comments(live: Live) -> None:
    ann = make_person(Role.VIEWER)
    stream = live.open(of_entity(make_sop(make_person(Role.OWNER, ann.organization))), ann)

    assert stream.next_line("retry") == "retry: 2000"
    assert stream.next_line(":") == ": still here"
    assert stream.next_line(":") == ": still here"


@pytest.mark.parametrize(
    ("query", "role", "refusal"),
    [
        ("", Role.EDITOR, (403, "permission_denied")),
        ("?entity_id=1", Role.OWNER, (400, "validation_error")),
        ("?feature_type=knowledge-base", Role.OWNER, (400, "validation_error")),
        ("?colour=red", Role.OWNER, (400, "validation_error")),
        ("?last_event_id=x", Role.OWNER, (400, "validation_error")),
        ("?feature_type=knowledge-base&entity_id=x", Role.OWNER, (404, "not_found")),
        ("?feature_type=x&entity_id={unknown}", Role.OWNER, (404, "not_found")),
        ("?execution_id={unknown}", Role.OWNER, (404, "not_found")),
        ("?execution_id={unknown}&entity_id={unknown}", Role.OWNER, (400, "validation_error")),
        ("?ticket=x", Role.OWNER, (401, "authentication_failed")),
    ],
)
def test_what_cannot_be_listened_to_is_refused(
    live: Live, query: str, role: Role, refusal: tuple[int, str]
) -> None:
    unknown = "01934f6e-8a2b-7c3d-9e4f-5a6b7c8d9e0f"

    assert live.open(EVENTS + query.format(unknown=unknown), make_person(role)).problem == refusal


def test_a_foreign_and_a_deleted_entity_are_not_found(live: Live) -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    foreign, gone = make_sop(bob), make_sop(ann)
    with scope(ann.actor):
        delete_sop(actor=ann.actor, pk=gone.pk)

    assert live.open(of_entity(foreign), ann).problem == (404, "not_found")
    assert live.open(of_entity(gone), ann).problem == (404, "not_found")


def test_without_signing_in_nothing_is_opened(live: Live) -> None:
    refused = live.open(EVENTS)

    assert refused.response.headers["WWW-Authenticate"] == 'Bearer realm="nodeloom"'
    assert refused.problem == (401, "not_authenticated")
    assert live.open(EVENTS, Authorization="Bearer x").problem == (401, "authentication_failed")
    assert live.open(EVENTS, Host="evil.example").problem == (400, "bad_request")
    assert live.open("/api/v1/elsewhere/").problem == (404, "not_found")


def test_an_access_key_needs_the_scope(live: Live) -> None:
    ann = make_person(Role.OWNER)
    wide, narrow = make_key(ann, "events:read"), make_key(ann, "sops:read")

    assert live.open(EVENTS, Authorization=f"Bearer {wide}").status == 200
    assert live.open(EVENTS, Authorization=f"Bearer {narrow}").problem == (
        403,
        "insufficient_scope",
    )


def test_the_eleventh_stream_waits_until_one_is_closed(live: Live) -> None:
    ann = make_person(Role.OWNER)
    streams = [live.open(EVENTS, ann) for _ in range(10)]

    refused = live.open(EVENTS, ann)
    retry_after = refused.response.headers["Retry-After"]
    assert refused.problem == (429, "rate_limited")
    assert int(retry_after) >= 1
    assert live.open(EVENTS, make_person(Role.OWNER)).status == 200

    streams[0].close()
    statuses = iter(lambda: live.open(EVENTS, ann).status, 200)
    assert set(statuses) <= {429}


def test_without_valkey_each_process_counts_its_own(settings: Settings) -> None:
    settings.LIVE_STREAMS_PER_USER = 2
    settings.CACHES = {
        "default": {**django_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    ann = make_person(Role.OWNER)
    with running() as live:
        held = [live.open(EVENTS, ann) for _ in range(2)]

        assert [stream.status for stream in held] == [200, 200]
        assert live.open(EVENTS, ann).problem == (429, "rate_limited")
    assert ann.user.pk not in slots._own


@pytest.mark.parametrize("loss", ["membership", "account", "entity", "key"])
def test_whoever_loses_the_right_hears_no_more(live: Live, loss: str) -> None:
    owner = make_person(Role.OWNER)
    ann = make_person(Role.VIEWER, owner.organization)
    sop = make_sop(owner)
    key = make_key(ann, "events:read")
    if loss == "key":
        stream = live.open(of_entity(sop), Authorization=f"Bearer {key}")
    else:
        stream = live.open(of_entity(sop), ann)
    assert stream.next_line(":") == ": still here"

    with system_scope():
        if loss == "membership":
            Membership.objects.filter(user=ann.user).delete()
        elif loss == "account":
            User.objects.filter(pk=ann.user.pk).update(is_active=False)
        elif loss == "key":
            ann.user.access_keys.all().delete()
    if loss == "entity":
        with scope(owner.actor):
            delete_sop(actor=owner.actor, pk=sop.pk)
    code = "not_found" if loss == "entity" else "authentication_failed"

    assert stream.next_line("event: closed") == "event: closed"
    assert f'"code":"{code}"' in stream.next_line("data")
    assert stream.response.read().strip() == b""
