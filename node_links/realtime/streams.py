"""The streams themselves: opened, fed, kept alive, closed.

Nothing is lost or repeated, because a stream subscribes first, then asks the store what it missed,
and then leaves out of what it is told whatever it has sent already. No transaction and no
connection is held while it waits.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from rest_framework.exceptions import APIException

from config.exceptions import DomainError
from config.live import sse
from config.live.application import Stream
from config.live.hub import Gap, Hub, Subscription
from node_links.realtime import slots
from node_links.realtime.addresses import event_channel, last_event_id, notification_channel
from node_links.realtime.callers import Caller, identify, reenter
from node_links.realtime.channels import MOST, Channel, Forgotten
from node_links.realtime.database import in_thread
from node_links.realtime.messages import closed, gap
from node_links.realtime.sent import Sent

RETRY_MILLISECONDS = 2000
CHUNK = 100
# At the start of a stream what is this young counts as sent: it covers what a reconnect looks up.
YOUNG = timedelta(seconds=30)

ChannelOf = Callable[[Caller, QueryDict], Channel]
log = structlog.get_logger("nodeloom.live")


async def open_event_stream(request: HttpRequest, hub: Hub) -> Stream:
    """Open the stream of an entity, an execution or an organisation."""
    return await _open(request, hub, "events", event_channel)


async def open_notification_stream(request: HttpRequest, hub: Hub) -> Stream:
    """Open the stream of what the caller is notified of."""
    return await _open(request, hub, "notifications", notification_channel)


async def _open(request: HttpRequest, hub: Hub, resource: str, channel_of: ChannelOf) -> Stream:
    caller = await in_thread(identify, request, resource)
    channel = channel_of(caller, request.GET)
    last = last_event_id(request)
    await in_thread(_check, caller, channel)
    slot = await in_thread(slots.take, caller.user_id)
    subscription = None
    try:
        subscription = await hub.subscribe(channel.topic, last)
        sent, missed = await in_thread(_look_back, caller, channel, subscription, last)
    except BaseException:
        if subscription is not None:
            hub.unsubscribe(subscription)
        await in_thread(slots.give_back, slot)
        raise
    chunks = Reader(caller, channel, subscription, slot, sent).chunks(missed, last)

    async def close() -> None:
        hub.unsubscribe(subscription)
        await in_thread(slots.give_back, slot)

    return Stream(chunks, subscription, close)


def _check(caller: Caller, channel: Channel) -> None:
    with transaction.atomic():
        channel.require(reenter(caller, channel.resource))


def _look_back(
    caller: Caller, channel: Channel, subscription: Subscription, last: UUID | None
) -> tuple[Sent, list[UUID] | None]:
    """Return what counts as sent and what the client has missed; None where nobody knows."""
    if subscription.told_after is not None:
        missed = subscription.told_after
        return Sent(set(subscription.told) - set(missed)), missed
    with transaction.atomic():
        reenter(caller, channel.resource)
        # In this order: what is committed in between is missed, and not taken for sent.
        sent = set(channel.told_since(timezone.now() - YOUNG))
        try:
            later = [] if last is None else channel.told_after(last)
        except Forgotten:
            return Sent(sent), None
    return Sent(sent - set(later)), later


class Reader:
    """One open stream."""

    def __init__(
        self,
        caller: Caller,
        channel: Channel,
        subscription: Subscription,
        slot: slots.Slot,
        sent: Sent,
    ) -> None:
        self._caller = caller
        self._channel = channel
        self._subscription = subscription
        self._slot = slot
        self._sent = sent

    async def chunks(self, missed: list[UUID] | None, last: UUID | None) -> AsyncGenerator[bytes]:
        """Yield what is sent: first what was missed, then what happens.

        Ends where the reader has lost the right to hear of it, or where the store does not answer:
        then the client comes back and goes on from its last id.
        """
        try:
            yield sse.retry(RETRY_MILLISECONDS)
            if missed is None and last is not None:
                yield gap(last)
            async for chunk in self._past(missed or []):
                yield chunk
            if len(missed or []) == MOST:
                return  # the client comes back for the rest
            async for chunk in self._present():
                yield chunk
        except (DomainError, APIException) as refusal:
            yield closed(refusal)
        except (DatabaseError, InterfaceError) as error:
            log.warning("stream_ended", error=str(error).strip())

    async def _past(self, ids: Sequence[UUID]) -> AsyncGenerator[bytes]:
        for start in range(0, len(ids), CHUNK):
            some = self._sent.new(ids[start : start + CHUNK])
            messages = await in_thread(self._read, some) if some else {}
            for told, message in messages.items():
                self._sent.add(told)
                yield message

    async def _present(self) -> AsyncGenerator[bytes]:
        heartbeat = settings.LIVE_HEARTBEAT_SECONDS
        due = time.monotonic() + heartbeat
        while True:
            try:
                wait = max(due - time.monotonic(), 0)
                signal = await asyncio.wait_for(self._subscription.queue.get(), wait)
            except TimeoutError:
                due = time.monotonic() + heartbeat
                await self._still_welcome()
                yield sse.HEARTBEAT
                continue
            self._sent.forget_old()
            for ids in await self._told(signal):
                async for chunk in self._past(ids):
                    yield chunk

    async def _told(self, signal: UUID | Gap) -> list[list[UUID]]:
        """Return the ids of `signal` and of whatever waits behind it, in order."""
        told: list[list[UUID]] = [[]]
        while True:
            if isinstance(signal, Gap):
                told.append(await in_thread(self._since, signal))
                told.append([])
            else:
                told[-1].append(signal)
            if self._subscription.queue.empty() or len(told[-1]) >= CHUNK:
                return told
            signal = self._subscription.queue.get_nowait()

    def _since(self, found: Gap) -> list[UUID]:
        with transaction.atomic():
            reenter(self._caller, self._channel.resource)
            return self._channel.told_since(found.since)

    def _read(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        with transaction.atomic():
            reenter(self._caller, self._channel.resource)
            found = self._channel.read(ids)
        return {told: found[told] for told in ids if told in found}

    async def _still_welcome(self) -> None:
        try:
            await in_thread(_check, self._caller, self._channel)
        except (DatabaseError, InterfaceError) as error:
            # Nobody can be asked just now, and nothing can be read either.
            log.warning("rights_not_checked", error=str(error).strip())
        await in_thread(slots.refresh, self._slot)
