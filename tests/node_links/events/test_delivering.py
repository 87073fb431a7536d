"""One subscriber's deliveries: order, retries, dead letters, and nothing twice."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from node_links.events.subscribing import Subscriber, subscribers
from node_links.models import DeadLetter, EventDelivery, NodeEvent
from tests.factories import Person, make_sop
from tests.node_links.events.conftest import Declare, deliver_now, happen
from tests.node_links.events.effects import TYPES, heard, note

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _retries_without_pause(settings: Settings) -> None:
    settings.DELIVERY_RETRY_SECONDS = (0.0, 0.0)


def statuses(subscriber: str) -> list[tuple[int, str, int]]:
    """Return (sequence, status, attempts) of a subscriber's deliveries."""
    with system_scope():
        rows = EventDelivery.objects.filter(subscriber=subscriber).order_by("sequence")
        return list(rows.values_list("sequence", "status", "attempts"))


def test_an_event_has_one_delivery_for_each_subscriber_that_wants_its_type(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger", "slow")
    happen(person, sop)
    happen(person, sop, event_type="SopPublished")

    with scope(person.actor):
        rows = EventDelivery.objects.order_by("subscriber").values_list(
            "subscriber", "sequence", "status", "event__event_type"
        )
        assert list(rows) == [
            ("ledger", 2, "pending", "SopUpdated"),
            ("slow", 2, "pending", "SopUpdated"),
        ]


def test_a_change_rolled_back_leaves_neither_event_nor_delivery(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        happen(person, sop)
        raise ZeroDivisionError

    with system_scope():
        assert NodeEvent.objects.filter(event_type="SopUpdated").count() == 0
    assert statuses("ledger") == []


def test_events_of_an_aggregate_are_heard_by_sequence_also_through_small_rounds(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    other = make_sop(person, title="Other")
    for _ in range(5):
        happen(person, sop)
        happen(person, other)

    rounds = 0
    while deliver_now("ledger", limit=3).delivered:
        rounds += 1

    assert rounds == 4
    told = heard("ledger")
    assert [number for entity, number in told if entity == sop.pk] == [2, 3, 4, 5, 6]
    assert [number for entity, number in told if entity == other.pk] == [2, 3, 4, 5, 6]
    assert {status for _, status, _ in statuses("ledger")} == {"delivered"}
    assert deliver_now("ledger").next_in is None


def test_a_refused_event_is_a_dead_letter_after_three_tries_and_the_later_ones_go_on(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")

    def picky(event: object) -> None:
        note(event, "picky")  # type: ignore[arg-type]  # as the bus calls it
        if event.sequence == 2:  # type: ignore[attr-defined]
            raise RuntimeError("not the second\x00")

    subscribers.subscribe(Subscriber("picky", TYPES, picky))
    happen(person, sop, 3)

    first = deliver_now("picky")
    assert (first.delivered, first.failed, first.dead) == (0, 1, 0)
    assert heard("picky") == []  # the failed effect was taken back, the others wait
    deliver_now("picky")
    last = deliver_now("picky")
    assert (last.delivered, last.failed, last.dead) == (2, 1, 1)

    assert [number for _, number in heard("picky")] == [3, 4]
    assert statuses("picky") == [(2, "dead", 3), (3, "delivered", 1), (4, "delivered", 1)]
    with scope(person.actor):
        letter = DeadLetter.objects.get()
        assert (letter.subscriber, letter.tries, letter.status) == ("picky", 3, "open")
        assert letter.error == "RuntimeError: not the second"
        assert letter.first_failed_at < letter.last_failed_at
    assert deliver_now("ledger").delivered == 3


def test_a_strict_subscriber_hears_nothing_more_of_an_aggregate_after_a_dead_letter(
    person: Person, sop: Sop, declared: Declare
) -> None:
    other = make_sop(person, title="Other")

    def strict(event: object) -> None:
        if event.entity_id == sop.pk:  # type: ignore[attr-defined]
            raise RuntimeError("no")
        note(event, "strict")  # type: ignore[arg-type]

    declared()
    subscribers.subscribe(Subscriber("strict", TYPES, strict, strict=True))
    happen(person, sop, 2)
    happen(person, other, 2)
    for _ in range(4):
        deliver_now("strict")
    happen(person, sop)
    deliver_now("strict")

    assert heard("strict") == [(other.pk, 2), (other.pk, 3)]
    with system_scope():
        waiting = EventDelivery.objects.filter(entity_id=sop.pk, status="pending")
        assert sorted(waiting.values_list("sequence", flat=True)) == [3, 4]
        assert all(row.not_before > timezone.now() + timedelta(hours=1) for row in waiting)
        assert DeadLetter.objects.count() == 1


def test_a_stuck_aggregate_does_not_fill_the_rounds(
    person: Person, sop: Sop, declared: Declare, settings: Settings
) -> None:
    settings.DELIVERY_RETRY_SECONDS = (60.0, 60.0)
    other = make_sop(person, title="Other")

    def half(event: object) -> None:
        if event.entity_id == sop.pk:  # type: ignore[attr-defined]
            raise RuntimeError("no")
        note(event, "half")  # type: ignore[arg-type]

    declared()
    subscribers.subscribe(Subscriber("half", TYPES, half))
    happen(person, sop, 6)
    happen(person, other)

    rounds = [deliver_now("half", limit=2).delivered for _ in range(4)]

    assert rounds == [0, 0, 0, 1]
    next_in = deliver_now("half").next_in
    assert next_in is not None
    assert 40 < next_in < 75


def test_a_subscriber_that_takes_too_long_has_failed_and_its_effect_is_taken_back(
    person: Person, sop: Sop, declared: Declare, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared("slow")
    settings.SUBSCRIBER_SECONDS = 0.2
    monkeypatch.setenv("SLOW_SECONDS", "0.5")
    happen(person, sop)

    outcome = deliver_now("slow")

    assert (outcome.delivered, outcome.failed) == (0, 1)
    assert heard("slow") == []
    with system_scope():
        assert EventDelivery.objects.get().last_error.startswith("TookTooLong: Took 0.")


def test_what_another_process_holds_is_neither_waited_for_nor_overtaken(
    person: Person, sop: Sop, declared: Declare
) -> None:
    declared("ledger")
    happen(person, sop, 3)
    with system_scope():
        head = EventDelivery.objects.order_by("sequence").first()
    assert head is not None
    import psycopg
    from django.db import connections

    given = connections["default"].get_connection_params()
    keys = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{key: given[key] for key in keys if key in given}) as held:
        held.execute("SELECT set_config('app.role', 'operator', true)")
        held.execute("SELECT FROM event_deliveries WHERE delivery_id = %s FOR UPDATE", [head.pk])
        outcome = deliver_now("ledger")
        assert (outcome.delivered, outcome.next_in) == (0, 0.05)
        assert heard("ledger") == []

    while len(heard("ledger")) < 3:
        deliver_now("ledger")
    assert [number for _, number in heard("ledger")] == [2, 3, 4]
