"""The listener of a process, against a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import psycopg
import pytest

from config.exceptions import DatabaseConnectionException
from config.live import hub as module
from config.live.hub import Gap, Hub, Subscription

pytestmark = pytest.mark.django_db
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def topics_of(payload: Mapping[str, Any]) -> list[str]:
    """Return the topic that the payload names."""
    return [payload["topic"]]


def with_hub(meet: Callable[[Hub], Awaitable[None]], **options: int) -> None:
    """Run `meet` with a hub that listens."""

    async def main() -> None:
        hub = Hub({"nodeloom_test": topics_of}, **options)
        hub.start()
        try:
            await asyncio.wait_for(meet(hub), 10)
        finally:
            await hub.stop()

    asyncio.run(main())


async def tell(*ids: UUID, topic: str = "here") -> None:
    """Notify of `ids` from another connection."""
    parameters = {**module._parameters(), "application_name": "teller"}
    async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as other:
        for told in ids:
            payload = f'{{"id": "{told}", "topic": "{topic}"}}'
            await other.execute("SELECT pg_notify('nodeloom_test', %s)", [payload])


async def kill_listeners() -> None:
    """Cut every listener of this database off."""
    parameters = {**module._parameters(), "application_name": "killer"}
    async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'nodeloom live' AND datname = current_database()"
        )


async def heard(subscription: Subscription) -> UUID | Gap:
    """Return the next signal."""
    return await subscription.queue.get()


def test_a_topic_hears_of_its_own_in_order() -> None:
    async def meet(hub: Hub) -> None:
        subscription = await hub.subscribe("here")
        await tell(THREE, topic="there")
        await tell(TWO, ONE)

        assert [await heard(subscription), await heard(subscription)] == [TWO, ONE]

    with_hub(meet)


def test_a_client_that_comes_back_is_given_what_was_told_after_its_id() -> None:
    async def meet(hub: Hub) -> None:
        first = await hub.subscribe("here")
        await tell(THREE, ONE, THREE, TWO)
        assert [await heard(first) for _ in range(4)] == [THREE, ONE, THREE, TWO]
        hub.unsubscribe(first)
        hub.unsubscribe(first)

        known = await hub.subscribe("here", after=THREE)
        unknown = await hub.subscribe("here", after=UUID(int=9))

        assert (known.told_after, unknown.told_after) == ([ONE, TWO], None)
        assert known.queue.empty()

    with_hub(meet)


def test_a_lost_connection_is_told_as_a_gap_and_what_was_told_is_forgotten() -> None:
    async def meet(hub: Hub) -> None:
        subscription = await hub.subscribe("here")
        await tell(ONE)
        assert await heard(subscription) == ONE

        await kill_listeners()
        gap = await heard(subscription)
        again = await hub.subscribe("here", after=ONE)
        await tell(TWO)

        assert isinstance(gap, Gap)
        assert (again.told, again.told_after) == ([], None)
        assert await heard(subscription) == TWO

    with_hub(meet)


def test_the_connection_is_looked_after_while_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)

    async def meet(hub: Hub) -> None:
        subscription = await hub.subscribe("here")
        before = hub._checked
        while hub._checked == before:
            await asyncio.sleep(0.01)
        await tell(ONE)

        assert await heard(subscription) == ONE

    with_hub(meet)


def test_more_than_the_queue_holds_cuts_a_stream_off() -> None:
    async def meet(hub: Hub) -> None:
        slow = await hub.subscribe("here")
        cut = asyncio.Event()
        slow.on_overflow = cut.set
        await tell(ONE, TWO)
        await cut.wait()

        assert slow.overflowed

    with_hub(meet, queue_size=1)


@pytest.mark.parametrize("payload", ["no JSON", "[]", '{"topic": "here"}', '{"id": "x"}'])
def test_a_payload_that_makes_no_sense_is_passed_over(payload: str) -> None:
    async def meet(hub: Hub) -> None:
        subscription = await hub.subscribe("here")
        parameters = module._parameters()
        async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as other:
            await other.execute("SELECT pg_notify('nodeloom_test', %s)", [payload])
        await tell(ONE)

        assert await heard(subscription) == ONE

    with_hub(meet)


def test_without_a_listener_nobody_can_subscribe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READY_SECONDS", 0.05)
    monkeypatch.setattr(module, "_parameters", lambda: {"host": "127.0.0.1", "port": 1})

    async def meet(hub: Hub) -> None:
        with pytest.raises(DatabaseConnectionException):
            await hub.subscribe("here")
        assert hub._subscriptions == {}

    with_hub(meet)
    with pytest.raises(DatabaseConnectionException):
        asyncio.run(Hub({}).subscribe("here"))
