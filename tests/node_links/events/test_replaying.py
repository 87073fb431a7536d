"""Past events go out again: chosen, in order, marked; and an idempotent subscriber stays right."""

from datetime import UTC, datetime
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
from knowledge_base.models import Sop
from node_links.events.delivering import deliver
from node_links.events.envelope import Event
from node_links.events.replaying import ReplayRequest, replay
from node_links.events.subscribing import Subscriber, subscribers
from node_links.models import DeadLetter, EventDelivery
from node_links.tasks.events import replay_events
from tests.factories import Person, make_person, make_sop
from tests.node_links.events.conftest import Declare, happen
from tests.node_links.events.effects import TYPES, heard

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/v1/events/replay/"
LONG_AGO = "2020-01-01T00:00:00Z"


def everything(**narrowed: Any) -> ReplayRequest:
    """Return the request for all events up to now."""
    return ReplayRequest(datetime(2020, 1, 1, tzinfo=UTC), timezone.now(), **narrowed)


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
        assert sum(replay(person.organization.pk, everything())) == 2000
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

    assert sum(replay(person.organization.pk, narrowed)) == 2

    with system_scope():
        pending = EventDelivery.objects.filter(status="pending")
        assert set(pending.values_list("subscriber", "entity_id", "replayed")) == {
            ("ledger", other.pk, True)
        }
    deliver_all("ledger")
    assert heard("ledger")[-2:] == [(other.pk, 2), (other.pk, 3)]
    named = everything(subscriber="slow", types=("SopUpdated",))
    assert sum(replay(person.organization.pk, named, batch=3)) == 4
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

    sum(replay(person.organization.pk, everything()))

    assert deliver_all("ledger") == 1
    with scope(person.actor):
        letter.refresh_from_db()
    assert (letter.status, letter.reason) == ("retried", "replayed")


def test_the_api_counts_and_hands_the_work_to_a_worker(
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
    headers = message["headers"]
    assert (headers["task"], headers["id"]) == (replay_events.name, answer.json()["replay_id"])
    import base64

    arguments = orjson.loads(base64.b64decode(message["body"]))[0]
    assert replay_events(*arguments) == 3
    assert deliver_all("ledger") == 3


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
    assert deliver_all("ledger") == 3
    with pytest.raises(CommandError, match="No such subscriber"):
        call_command("replay_events", "--from", "2020-01-01", "--subscriber", "nobody")
    with pytest.raises(CommandError, match="Write a time"):
        call_command("replay_events", "--from", "soon")
