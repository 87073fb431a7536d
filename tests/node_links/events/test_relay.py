"""The relay as a process: killed, doubled, beside broken and slow subscribers, through outages."""

import signal
import time
from collections import Counter

import pytest
from django.db import connection

from accounts.tenancy import system_scope
from knowledge_base.models import Sop
from node_links.events.subscribing import Subscriber
from node_links.models import DeadLetter, EventDelivery
from tests.factories import Person, make_sop
from tests.node_links.events.conftest import Declare, StartRelay, eventually, happen
from tests.node_links.events.effects import heard

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(subscriber: str) -> int:
    """Return how many deliveries to a subscriber are done."""
    with system_scope():
        rows = EventDelivery.objects.filter(subscriber=subscriber, status="delivered")
        return rows.count()


def test_a_relay_killed_between_effect_and_commit_delivers_again_and_the_effect_is_there_once(
    person: Person, sop: Sop, declared: Declare, start_relay: StartRelay
) -> None:
    declared("fragile")
    happen(person, sop, 3)

    killed = start_relay("fragile")
    assert killed.wait(60) == -signal.SIGKILL
    assert heard("fragile") == []

    start_relay("fragile")
    eventually(lambda: delivered("fragile") == 3)
    assert [number for _, number in heard("fragile")] == [2, 3, 4]


def test_a_broken_subscriber_ends_in_dead_letters_and_a_slow_one_delays_nobody(
    person: Person, sop: Sop, declared: Declare, start_relay: StartRelay
) -> None:
    declared("ledger", "broken", "slow")
    relay = start_relay("ledger", "broken", "slow", SLOW_SECONDS="20")
    happen(person, sop)
    eventually(lambda: delivered("ledger") == 1)
    started = time.monotonic()
    happen(person, sop, 3)

    eventually(lambda: delivered("ledger") == 4)
    eventually(lambda: dead_letters() == 4)

    assert time.monotonic() - started < 15
    assert [number for _, number in heard("ledger")] == [2, 3, 4, 5]
    assert (heard("broken"), delivered("slow")) == ([], 0)
    with system_scope():
        tries = DeadLetter.objects.values_list("subscriber", "tries")
        assert set(tries) == {("broken", 3)}
    relay.kill()


def dead_letters() -> int:
    """Return how many events were given up."""
    with system_scope():
        return DeadLetter.objects.count()


def test_two_relays_share_the_work_in_order_and_deliver_nothing_twice(
    person: Person, declared: Declare, start_relay: StartRelay
) -> None:
    declared("ledger")
    sops = [make_sop(person, title=f"SOP {n}") for n in range(4)]
    start_relay("ledger")
    start_relay("ledger")
    for _ in range(60):
        for sop in sops:
            happen(person, sop)

    eventually(lambda: delivered("ledger") == 240, seconds=60)

    told = heard("ledger")
    assert max(Counter(told).values()) == 1
    for sop in sops:
        assert [number for entity, number in told if entity == sop.pk] == list(range(2, 62))


def test_a_relay_goes_on_after_postgresql_closed_its_connections_and_stops_on_sigterm(
    person: Person,
    sop: Sop,
    declared: Declare,
    start_relay: StartRelay,
    platform_subscribers: list[Subscriber],
) -> None:
    declared("ledger")
    relay = start_relay("ledger")
    happen(person, sop)
    eventually(lambda: delivered("ledger") == 1)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'relay under test'"
        )
        # One listens; each light subscriber delivers, the platform's and the one of this test.
        light = [found for found in platform_subscribers if not found.heavy]
        assert cursor.rowcount == len(light) + 2
    happen(person, sop, 5)
    eventually(lambda: delivered("ledger") == 6)

    assert [number for _, number in heard("ledger")] == [2, 3, 4, 5, 6, 7]
    relay.terminate()
    assert relay.wait(15) == 0
