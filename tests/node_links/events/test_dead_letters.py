"""Dead letters: who sees them, retried and discarded, one by one and in bulk."""

from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from accounts.choices import Role
from accounts.tenancy import system_scope
from knowledge_base.models import Sop
from node_links.events import gauges
from node_links.events.envelope import Event
from node_links.events.subscribing import Subscriber, subscribers
from node_links.models import DeadLetter, EventDelivery
from tests.factories import Person, make_person
from tests.node_links.events.conftest import Declare, deliver_now, happen
from tests.node_links.events.effects import TYPES, heard, note

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/v1/dead-letters/"
_broken = [True]


def _strict(event: Event) -> None:
    if _broken[0]:
        raise RuntimeError("out of order")
    note(event, "strict")


@pytest.fixture
def letter(person: Person, sop: Sop, declared: Declare, settings: Settings) -> DeadLetter:
    """Return the dead letter of a strict subscriber, behind which two events wait."""
    settings.DELIVERY_RETRY_SECONDS = ()
    _broken[0] = True
    declared()
    subscribers.subscribe(Subscriber("strict", TYPES, _strict, strict=True))
    happen(person, sop, 3)
    deliver_now("strict")
    deliver_now("strict")
    _broken[0] = False
    with system_scope():
        return DeadLetter.objects.get()


def test_administrators_see_their_own_and_nobody_else_does(
    person: Person, letter: DeadLetter
) -> None:
    editor = make_person(Role.EDITOR, person.organization)
    stranger = make_person(Role.OWNER)

    [row] = person.client.get(ADDRESS, {"status": "open"}).json()["results"]
    assert (row["id"], row["subscriber"], row["tries"]) == (str(letter.pk), "strict", 1)
    assert (row["event_type"], row["sequence"]) == ("SopUpdated", 2)
    assert row["error"] == "RuntimeError: out of order"
    assert person.client.get(ADDRESS, {"subscriber": "other"}).json()["results"] == []
    assert person.client.get(f"{ADDRESS}{letter.pk}/").json() == row
    assert editor.client.get(ADDRESS).status_code == 403
    assert editor.client.post(f"{ADDRESS}{letter.pk}/retry/").status_code == 403
    assert stranger.client.get(ADDRESS).json()["results"] == []
    assert stranger.client.post(f"{ADDRESS}{letter.pk}/retry/").status_code == 404
    assert person.client.post(f"{ADDRESS}{uuid4()}/retry/").status_code == 404
    with system_scope():
        letter.refresh_from_db()
    assert letter.status == "open"


def test_what_is_retried_is_delivered_and_what_waited_behind_it_after_that(
    person: Person, letter: DeadLetter
) -> None:
    assert deliver_now("strict").delivered == 0

    answer = person.client.post(f"{ADDRESS}{letter.pk}/retry/")

    assert (answer.status_code, answer.json()["status"]) == (200, "retried")
    assert answer.json()["resolved_by"] == str(person.user.pk)
    assert deliver_now("strict").delivered == 3
    assert [number for _, number in heard("strict")] == [2, 3, 4]
    again = person.client.post(f"{ADDRESS}{letter.pk}/retry/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_what_is_retried_and_fails_again_is_open_again(person: Person, letter: DeadLetter) -> None:
    person.client.post(f"{ADDRESS}{letter.pk}/retry/")
    _broken[0] = True
    deliver_now("strict")

    with system_scope():
        letter.refresh_from_db()
    assert (letter.status, letter.tries, letter.resolved_by_id) == ("open", 2, None)


def test_what_is_discarded_needs_a_reason_and_lets_the_rest_go_on(
    person: Person, letter: DeadLetter
) -> None:
    address = f"{ADDRESS}{letter.pk}/discard/"
    assert person.client.post(address, {}).status_code == 400

    answer = person.client.post(address, {"reason": "Told by hand."})

    assert (answer.json()["status"], answer.json()["reason"]) == ("discarded", "Told by hand.")
    assert deliver_now("strict").delivered == 2
    assert [number for _, number in heard("strict")] == [3, 4]
    assert person.client.post(f"{ADDRESS}{letter.pk}/retry/").status_code == 409
    with system_scope():
        rows = EventDelivery.objects.order_by("sequence").values_list("status", flat=True)
        assert list(rows) == ["discarded", "delivered", "delivered"]


def test_many_are_decided_about_by_filter(person: Person, letter: DeadLetter) -> None:
    retry, discard = f"{ADDRESS}retry/", f"{ADDRESS}discard/"

    assert person.client.post(retry, {"subscriber": "other"}).json() == {"count": 0}
    assert person.client.post(discard, {"event_type": "SopUpdated"}).status_code == 400
    assert person.client.post(retry, {"event_type": "SopUpdated"}).json() == {"count": 1}
    assert person.client.post(discard, {"reason": "late"}).json() == {"count": 0}
    assert deliver_now("strict").delivered == 3


def test_the_gauges_tell_what_waits(letter: DeadLetter) -> None:
    assert (gauges.pending(), gauges.dead_letters(), gauges.lag()) == (2, 1, 0.0)
