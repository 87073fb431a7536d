"""One LISTEN connection per process, fanned out to the streams that are open.

PostgreSQL tells every listener of committed notifications in the order of the commits. A
notification holds ids only and is lost while nobody listens, so after a reconnect every stream is
told from when on it has to look into the store itself.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg
import structlog
from django.db import connections
from psycopg import sql

from config.exceptions import DatabaseConnectionException

# Between two proofs that the connection stands. What was told since the last one may be lost.
CHECK_SECONDS = 10.0
# Writers take an event's time a little before they commit.
IN_FLIGHT = timedelta(seconds=10)
FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0
READY_SECONDS = 5.0
REMEMBERED = 10_000
CONNECTION_KEYS = ("host", "port", "user", "password", "dbname", "connect_timeout", "sslmode")
OPTIONS = {
    "application_name": "nodeloom live",
    **{"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3},
}

TopicsOf = Callable[[Mapping[str, Any]], Iterable[str]]
log = structlog.get_logger("nodeloom.live")


@dataclass(frozen=True, slots=True)
class Gap:
    """Notifications may have been lost: whatever was stored after `since` is to be looked up."""

    since: datetime


@dataclass(eq=False, slots=True)
class Subscription:
    """What one stream hears of: ids of stored rows, and gaps.

    `told_after` are the ids told after the one the stream goes on from, in order; None where this
    process does not remember that one. A queue that is full means a client that is too slow: it is
    cut off, comes back, and goes on from its last id.
    """

    topic: str
    queue: asyncio.Queue[UUID | Gap]
    told: list[UUID] = field(default_factory=list)
    told_after: list[UUID] | None = None
    on_overflow: Callable[[], object] | None = None
    overflowed: bool = False

    def put(self, signal: UUID | Gap) -> None:
        """Hand over one signal, or cut the stream off."""
        try:
            self.queue.put_nowait(signal)
        except asyncio.QueueFull:
            self.overflowed = True
            if self.on_overflow is not None:
                self.on_overflow()


class Hub:
    """The listener of a process and those who hear of what it is told.

    `channels` maps PostgreSQL channels to functions that name the topics a payload belongs to; a
    payload is a JSON object with an `id`. `queue_size` bounds what may wait for one client.
    """

    def __init__(self, channels: Mapping[str, TopicsOf], *, queue_size: int = 256) -> None:
        self._channels = channels
        self._queue_size = queue_size
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._told: deque[tuple[UUID, tuple[str, ...]]] = deque(maxlen=REMEMBERED)
        self._checked: datetime | None = None
        self._listening: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, in the running event loop."""
        self._listening = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop listening and give the connection back."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def subscribe(self, topic: str, after: UUID | None = None) -> Subscription:
        """Return a subscription that misses nothing told from now on.

        Raises `DatabaseConnectionException` where PostgreSQL does not let the process listen.
        """
        subscription = Subscription(topic, asyncio.Queue(self._queue_size))
        self._subscriptions[topic].add(subscription)
        try:
            await self._until_listening()
        except BaseException:
            self.unsubscribe(subscription)
            raise
        # Without an `await` in between: what is told later is in the queue, and only there.
        while not subscription.queue.empty():
            subscription.queue.get_nowait()
        # An id may be told more than once, as when its event is delivered again.
        subscription.told = list(dict.fromkeys(i for i, topics in self._told if topic in topics))
        if after is not None and after in subscription.told:
            subscription.told_after = subscription.told[subscription.told.index(after) + 1 :]
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription; again is harmless."""
        held = self._subscriptions.get(subscription.topic)
        if held is not None:
            held.discard(subscription)
            if not held:
                del self._subscriptions[subscription.topic]

    async def _until_listening(self) -> None:
        if self._listening is None:
            raise DatabaseConnectionException("The process does not listen.")
        try:
            await asyncio.wait_for(self._listening.wait(), READY_SECONDS)
        except TimeoutError as error:
            raise DatabaseConnectionException("PostgreSQL cannot be listened to.") from error

    async def _run(self) -> None:
        delay = FIRST_DELAY
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True)
                async with connection:
                    await self._begin(connection)
                    delay = FIRST_DELAY
                    await self._listen(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("listener_lost", error=str(error).strip(), retry_seconds=delay)
            if self._listening is not None:
                self._listening.clear()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        for channel in self._channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        lost_since = self._checked
        self._checked = await _clock(connection)
        if lost_since is not None:
            self._told.clear()
            for subscription in self._all():
                subscription.put(Gap(lost_since - IN_FLIGHT))
        if self._listening is not None:
            self._listening.set()

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notify in connection.notifies(timeout=CHECK_SECONDS):
                self._tell(notify.channel, notify.payload)
            self._checked = await asyncio.wait_for(_clock(connection), READY_SECONDS)

    def _tell(self, channel: str, payload: str) -> None:
        try:
            values = orjson.loads(payload)
            topics = tuple(self._channels[channel](values))
            told = UUID(values["id"])
        except (ValueError, KeyError, TypeError) as error:
            # Whoever may connect may NOTIFY; a stranger's payload must not stop the listener.
            log.warning("notification_refused", channel=channel, error=str(error))
            return
        self._told.append((told, topics))
        for topic in topics:
            for subscription in tuple(self._subscriptions.get(topic, ())):
                subscription.put(told)

    def _all(self) -> list[Subscription]:
        return [held for topic in self._subscriptions.values() for held in topic]


def _parameters() -> dict[str, Any]:
    wrapper: Any = connections["default"]
    parameters = wrapper.get_connection_params()
    return {key: parameters[key] for key in CONNECTION_KEYS if key in parameters} | OPTIONS


async def _clock(connection: psycopg.AsyncConnection[Any]) -> datetime:
    cursor = await connection.execute("SELECT clock_timestamp()")
    (now,) = await cursor.fetchone() or (datetime.now(UTC),)
    return cast("datetime", now)
