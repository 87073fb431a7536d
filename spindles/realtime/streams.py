"""The stream of one run: opened, fed, kept alive, closed.

Events ring for it; a line of the log that comes without an event is found by looking now and then
while the run is at work. No transaction and no connection is held while it waits.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from config.exceptions import DomainError, FieldError, ValidationFailed
from config.live import sse
from config.live.application import Stream
from config.live.hub import Hub, Subscription
from node_links.realtime import slots, topics
from node_links.realtime.addresses import LAST_EVENT_ID
from node_links.realtime.callers import TICKET, identify
from node_links.realtime.database import in_thread
from node_links.realtime.messages import closed
from node_links.realtime.streams import RETRY_MILLISECONDS
from spindles.models import Execution
from spindles.realtime.feed import RESOURCE, RunFeed
from spindles.realtime.messages import Position

LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.5, 5.0
"""A run at work is looked at after so long without a ring; the longer nothing comes, the later."""

log = structlog.get_logger("nodeloom.live")


async def open_run_stream(request: HttpRequest, hub: Hub, execution_id: UUID) -> Stream:
    """Open the stream of a run: from its beginning, or from the last id that the client names."""
    caller = await in_thread(identify, request, RESOURCE)
    feed = RunFeed(caller, execution_id, position_of(request))
    await in_thread(feed.check)
    slot = await in_thread(slots.take, caller.user_id)
    topic = topics.of_entity(caller.organization_id, Execution.feature_type, execution_id)
    try:
        subscription = await hub.subscribe(topic)
    except BaseException:
        await in_thread(slots.give_back, slot)
        raise

    async def close() -> None:
        hub.unsubscribe(subscription)
        await in_thread(slots.give_back, slot)

    return Stream(_chunks(feed, subscription, slot), subscription, close)


def position_of(request: HttpRequest) -> Position:
    """Return where the stream goes on: after the id of the header, else of the parameter.

    Raises `ValidationFailed` for what is no id of a message, and for unknown parameters.
    """
    unknown = [
        FieldError(f"?{name}", "unknown_field", "There is no such parameter.")
        for name in request.GET
        if name not in (TICKET, LAST_EVENT_ID)
    ]
    if unknown:
        raise ValidationFailed(errors=unknown)
    header = request.headers.get("Last-Event-ID")
    given = header or request.GET.get(LAST_EVENT_ID)
    if not given:
        return Position()
    try:
        return Position.parse(given)
    except ValueError as error:
        pointer = "Last-Event-ID" if header else f"?{LAST_EVENT_ID}"
        raise ValidationFailed.of(pointer, "invalid", str(error)) from error


async def _chunks(
    feed: RunFeed, subscription: Subscription, slot: slots.Slot
) -> AsyncGenerator[bytes]:
    """Yield what is sent; ends behind `end`, or where the reader may not hear of it any more."""
    look = LOOK_SECONDS
    quiet_since = time.monotonic()
    try:
        yield sse.retry(RETRY_MILLISECONDS)
        while True:
            batch = await in_thread(feed.read)
            for message in batch.messages:
                yield message
            if batch.ended:
                return
            if batch.messages:
                look, quiet_since = LOOK_SECONDS, time.monotonic()
            if batch.more:
                continue
            due = quiet_since + settings.LIVE_HEARTBEAT_SECONDS - time.monotonic()
            if due <= 0:
                await in_thread(slots.refresh, slot)
                quiet_since = time.monotonic()
                yield sse.HEARTBEAT
                continue
            await _until_rung(subscription, min(due, look) if batch.at_work else due)
            look = min(look * 2, LONGEST_LOOK_SECONDS)
    except (DomainError, APIException) as refusal:
        yield closed(refusal)
    except (DatabaseError, InterfaceError) as error:
        # The client comes back and goes on from its last id.
        log.warning("stream_ended", error=str(error).strip())


async def _until_rung(subscription: Subscription, seconds: float) -> None:
    """Wait for a ring, at most so long; several rings count as one."""
    with suppress(TimeoutError):
        await asyncio.wait_for(subscription.queue.get(), max(seconds, 0.001))
    while not subscription.queue.empty():
        subscription.queue.get_nowait()
