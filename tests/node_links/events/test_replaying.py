"""Past events go out again: chosen, in order, marked; and an idempotent subscriber stays right."""

import base64
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.celery import app
from config.exceptions import Forbidden, ValidationFailed
from knowledge_base.models import Sop
from node_links.events.delivering import deliver
from node_links.events.envelope import Event
from node_links.events.replaying import ReplayRequest
from node_links.events.subscribing import Subscriber, subscribers
from node_links.models import AuditLog, DeadLetter, EventDelivery, EventReplay
from node_links.services.replays import (
    advance_replay,
    run_replay,
    start_replay,
    unattended_replays,
)
from node_links.tasks.events import replay_events, sweep_replays
from tests.factories import Person, make_person, make_sop
from tests.node_links.events.conftest import Declare, happen
from tests.node_links.events.effects import TYPES, heard

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/v1/events/replay/"
LONG_AGO = "2020-01-01T00:00:00Z"


def everything(**narrowed: Any) -> ReplayRequest:
    """Return the request for all events up to now."""
    return ReplayRequest(datetime(2020, 1, 1, tzinfo=UTC), timezone.now(), **narrowed)


def queued(person: Person, request: ReplayRequest) -> EventReplay:
    """Return a replay that nobody runs yet."""
    with scope(person.actor):
        return start_replay(actor=person.actor, request=request, enqueue=False)


def replay(person: Person, request: ReplayRequest, batch: int = 1000) -> int:
    """Replay at once; return how many events went out again."""
    asked = queued(person, request)
    while advance_replay(asked.pk, batch=batch) is not None:
        pass
    with system_scope():
        asked.refresh_from_db()
    assert (asked.status, asked.done) == ("completed", asked.total)
    return asked.done


def progress(person: Person, replay_id: str) -> dict[str, Any]:
    """Return what the API tells of a replay."""
    answer = person.client.get(f"{ADDRESS}{replay_id}/")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def deliver_all(name: str) -> int:
    """Deliver until nothing is due; return how many deliveries were made."""
    found = subscribers.get(name)
    assert found is not None
    total = 0
    while True:
        delivered = deliver(found).delivered
        total += delivered
        if not delivered:
            return total


def test_two_thousand_events_replayed_twice_take_effect_once(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared()

    def once(event: Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO observed_effects (subscriber, event_id, entity_id, sequence)"
                " SELECT 'once', %(id)s, %(entity)s, %(sequence)s WHERE NOT EXISTS"
                " (SELECT FROM observed_effects WHERE event_id = %(id)s)",
                {"id": event.id, "entity": event.entity_id, "sequence": event.sequence},
            )

    happen(person, sop, 2000)
    subscribers.subscribe(Subscriber("once", TYPES, once))
    made = []
    for _ in range(2):
        assert replay(person, everything()) == 2000
        made.append(deliver_all("once"))

    assert made == [2000, 2000]
    assert [number for _, number in heard("once")] == list(range(2, 2002))


def test_only_what_is_asked_for_goes_out_again_and_says_that_it_is_a_replay(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    declared("slow", replayable=False)
    other = make_sop(person, title="Other")
    stranger = make_person(Role.OWNER)
    foreign = make_sop(stranger)
    for one in (sop, other):
        happen(person, one, 2)
    happen(stranger, foreign)
    for name in ("ledger", "slow"):
        deliver_all(name)
    narrowed = everything(types=("SopUp*",), entity_id=other.pk, feature_type="knowledge-base")

    assert replay(person, narrowed) == 2

    with system_scope():
        pending = EventDelivery.objects.filter(status="pending")
        assert set(pending.values_list("subscriber", "entity_id", "replayed")) == {
            ("ledger", other.pk, True)
        }
    deliver_all("ledger")
    assert heard("ledger")[-2:] == [(other.pk, 2), (other.pk, 3)]
    named = everything(subscriber="slow", types=("SopUpdated",))
    assert replay(person, named, batch=3) == 4
    assert deliver_all("slow") == 4


def test_a_replay_retries_dead_letters_and_leaves_discarded_ones_alone(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    happen(person, sop, 2)
    with scope(person.actor):
        first, second = EventDelivery.objects.order_by("sequence")
        EventDelivery.objects.filter(pk=first.pk).update(status="dead")
        EventDelivery.objects.filter(pk=second.pk).update(status="discarded")
        letter = DeadLetter.objects.create(
            organization_id=first.organization_id, event_id=first.event_id, subscriber="ledger",
            error="x", tries=3, first_failed_at=timezone.now(), last_failed_at=timezone.now(),
        )  # fmt: skip

    replay(person, everything())

    assert deliver_all("ledger") == 1
    with scope(person.actor):
        letter.refresh_from_db()
    assert (letter.status, letter.reason) == ("retried", "replayed")


def test_the_api_counts_hands_the_work_to_a_worker_and_tells_how_far_it_is(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    happen(person, sop, 3)
    deliver_all("ledger")
    body = {"from": LONG_AGO, "types": ["SopUpdated"], "entity_id": str(sop.pk)}
    with app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        client = channel.client
        client.delete("events")

        dry = person.client.post(ADDRESS, {**body, "dry_run": True})
        assert (dry.status_code, dry.json()) == (202, {"replay_id": None, "matched": 3})
        assert client.llen("events") == 0

        answer = person.client.post(ADDRESS, body)
        [message] = [orjson.loads(one) for one in client.lrange("events", 0, -1)]
        client.delete("events")

    assert (answer.status_code, answer.json()["matched"]) == (202, 3)
    replay_id = answer.json()["replay_id"]
    assert message["headers"]["task"] == replay_events.name
    queued = {"replay_id": replay_id, "status": "queued", "total": 3, "done": 0,
              "started_at": None, "finished_at": None, "error": None}  # fmt: skip
    assert progress(person, replay_id) == queued

    arguments = orjson.loads(base64.b64decode(message["body"]))[0]
    assert replay_events(*arguments) == "completed"

    assert deliver_all("ledger") == 3
    ended = progress(person, replay_id)
    assert {**ended, "started_at": None, "finished_at": None} == {
        **queued, "status": "completed", "done": 3
    }  # fmt: skip
    assert ended["started_at"] <= ended["finished_at"]
    assert replay_events(*arguments) is None, "What has ended is not sent a second time."
    assert deliver_all("ledger") == 0


def test_a_replay_goes_on_where_its_runner_died(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    happen(person, sop, 5)
    deliver_all("ledger")
    asked = queued(person, everything(types=("SopUpdated",)))

    first = advance_replay(asked.pk, batch=2)

    assert first is not None
    assert (first.status, first.done, first.total) == ("running", 2, 5)
    assert deliver_all("ledger") == 2
    assert unattended_replays() == []
    with system_scope():
        EventReplay.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    assert unattended_replays() == [asked.pk]
    assert sweep_replays() == 1
    assert replay_events(str(asked.pk)) == "completed"
    assert deliver_all("ledger") == 3, "The first two are not sent again."
    assert [number for _, number in heard("ledger")] == [2, 3, 4, 5, 6] * 2
    assert unattended_replays() == []


def test_a_replay_whose_subscriber_is_gone_fails_and_says_why(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    happen(person, sop, 2)
    asked = queued(person, everything(subscriber="ledger"))
    subscribers.unsubscribe("ledger")
    try:
        with pytest.raises(ValidationFailed):
            replay_events(str(asked.pk))
    finally:
        declared("ledger")

    shown = progress(person, str(asked.pk))
    assert (shown["status"], shown["done"]) == ("failed", 0)
    assert shown["error"].startswith("ValidationFailed: No such subscriber.")
    assert replay_events(str(asked.pk)) is None


def test_the_progress_of_a_replay_is_for_administrators_of_its_organisation(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    address = f"{ADDRESS}{queued(person, everything()).pk}/"
    editor = make_person(Role.EDITOR, person.organization)

    assert make_person(Role.OWNER).client.get(address).status_code == 404
    assert editor.client.get(address).status_code == 403
    assert person.client.get(f"{ADDRESS}{sop.pk}/").status_code == 404
    assert person.client.get(address).status_code == 200


def test_who_asked_for_a_replay_is_in_the_audit_trail_and_its_course_is_not(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    asked = queued(person, everything())
    assert run_replay(asked.pk) is not None

    with system_scope():
        [row] = AuditLog.objects.filter(table_name="event_replays")
    assert (row.operation, row.changed_by_id) == ("INSERT", person.user.pk)
    assert row.record_id == str(asked.pk)


def test_only_administrators_start_a_replay(person: Person, declared: Declare) -> None:
    declared("ledger")
    editor = make_person(Role.EDITOR, person.organization)

    with pytest.raises(Forbidden):
        queued(editor, everything())

    with system_scope():
        assert not EventReplay.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/from"),
        ({"from": "yesterday"}, "/from"),
        ({"from": LONG_AGO, "subscriber": "nobody"}, "/subscriber"),
        ({"from": LONG_AGO, "types": "SopUpdated"}, "/types"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(
    person: Person, declared: Declare, body: dict[str, Any], pointer: str
) -> None:
    declared("ledger")
    answer = person.client.post(ADDRESS, body)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_replaying_is_for_administrators(declared: Declare) -> None:
    editor = make_person(Role.EDITOR)

    assert editor.client.post(ADDRESS, {"from": LONG_AGO}).status_code == 403


def test_the_command_counts_in_a_dry_run_and_replays_without(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    owner = make_person(Role.OWNER, person.organization)
    happen(owner, sop, 3)
    deliver_all("ledger")
    out = StringIO()

    call_command("replay_events", "--from", "2020-01-01", "--dry-run", stdout=out)
    assert out.getvalue() == "3 events would be delivered again.\n"
    assert deliver_all("ledger") == 0
    call_command("replay_events", "--from", "2020-01-01", "--types", "SopUpdated", stdout=out)
    assert out.getvalue().endswith("3 events are being delivered again.\n")
    with system_scope():
        [shown] = EventReplay.objects.all()
    assert f"Replay {shown.pk}\n" in out.getvalue()
    assert (shown.status, shown.done, shown.requested_by_id) == ("completed", 3, owner.user.pk)
    assert deliver_all("ledger") == 3
    with pytest.raises(CommandError, match="No such subscriber"):
        call_command("replay_events", "--from", "2020-01-01", "--subscriber", "nobody")
    with pytest.raises(CommandError, match="Write a time"):
        call_command("replay_events", "--from", "soon")
