"""Delivering events: handler and mark in one transaction, so that an effect is committed once.

A process that dies in between leaves nothing: PostgreSQL takes the transaction back, the delivery
is still due, and another process delivers it.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.tenancy import system_scope
from config.request_context import accept_request_id, caused_by, request_context
from node_links.choices import DeliveryStatus
from node_links.events.claiming import Claimed, claim, put_off, seconds_to_next
from node_links.events.dead_letters import bury
from node_links.events.reading import event_of
from node_links.events.subscribing import Subscriber
from node_links.models import EventDelivery, NodeEvent

logger = structlog.get_logger(__name__)

LIMIT = 200
BATCH_SECONDS = 1.0  # then what was done is committed, and others may have the rest
_JITTER = 0.2
_MAX_ERROR = 4000

_LIMIT_TIME = """
SELECT set_config('statement_timeout', %(ms)s, true),
    set_config('idle_in_transaction_session_timeout', %(ms)s, true)
"""
_DELIVERED = """
UPDATE event_deliveries SET status = 'delivered', attempts = attempts + 1,
    delivered_at = clock_timestamp() WHERE delivery_id = ANY(%s)
"""


@dataclass(slots=True)
class Outcome:
    """What came of one round: how many deliveries were made, failed, and given up.

    `next_in` says in how many seconds to ask again; None: when something happens.
    """

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    next_in: float | None = None


@dataclass(slots=True)
class _Round:
    """The state of a batch: what was delivered, and which aggregates must wait until when."""

    subscriber: Subscriber
    done: list[UUID] = field(default_factory=list)
    waiting: dict[UUID, datetime] = field(default_factory=dict)
    stuck: dict[tuple[UUID, str, UUID], datetime] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)


class TookTooLong(Exception):
    """A subscriber needed more than its time for one event; what it wrote is taken back."""


def deliver(
    subscriber: Subscriber, limit: int = LIMIT, should_stop: Callable[[], bool] = lambda: False
) -> Outcome:
    """Deliver up to `limit` due events to `subscriber`, in one transaction.

    An event that a handler refuses is tried again after `DELIVERY_RETRY_SECONDS` (a fifth more or
    less, so that many do not come back together), then it is a dead letter; until then the later
    events of its aggregate wait. Several processes may do this at once. `should_stop` is asked
    between two events.

    Raises:
        DatabaseError: the connection was lost; nothing of the round has happened.
    """
    try:
        with system_scope():
            return _deliver(subscriber, limit, should_stop)
    except _LostConnection as lost:
        # The server ends a session that has been silent for too long. That the subscriber is to
        # blame, and not an outage, is told by the time that it took.
        connection.close()
        logger.warning("subscriber_cut_off", subscriber=subscriber.name, event_id=lost.row.event_id)
        with system_scope():
            current = _Round(subscriber)
            if _still_pending(lost.row):
                _fail(current, lost.row, TookTooLong(_too_long(lost.seconds)))
            current.outcome.next_in = seconds_to_next(subscriber)
            return current.outcome


class _LostConnection(Exception):
    """The connection ended while a subscriber was at work, after its time (`seconds`)."""

    def __init__(self, row: Claimed, seconds: float) -> None:
        super().__init__("The connection was lost.")
        self.row = row
        self.seconds = seconds


def _deliver(subscriber: Subscriber, limit: int, should_stop: Callable[[], bool]) -> Outcome:
    current = _Round(subscriber)
    rows = claim(subscriber, limit)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_LIMIT_TIME, {"ms": str(round(settings.SUBSCRIBER_SECONDS * 1000))})
    events = NodeEvent.objects.in_bulk([row.event_id for row in rows])
    until = time.monotonic() + BATCH_SECONDS
    complete = len(rows) < limit
    for row in rows:
        if row.aggregate in current.stuck:
            current.waiting[row.id] = current.stuck[row.aggregate]
        elif row.event_id not in events:
            _fail(current, row, LookupError("The event is no longer kept."))
        elif time.monotonic() > until or should_stop():
            complete = False
            break
        else:
            _deliver_one(current, row, events[row.event_id])
    put_off(current.waiting)
    if current.done:
        with connection.cursor() as cursor:
            cursor.execute(_DELIVERED, [current.done])
    current.outcome.delivered = len(current.done)
    current.outcome.next_in = seconds_to_next(subscriber) if complete else 0.0
    return current.outcome


def _deliver_one(current: _Round, row: Claimed, stored: NodeEvent) -> None:
    started = time.monotonic()
    context = request_context(
        accept_request_id(stored.correlation_id),
        subscriber=current.subscriber.name,
        event_id=str(row.event_id),
    )
    with context, caused_by(row.event_id):
        try:
            with transaction.atomic():
                current.subscriber.handle(event_of(stored, replayed=row.replayed))
                seconds = time.monotonic() - started
                if seconds > settings.SUBSCRIBER_SECONDS:
                    raise TookTooLong(_too_long(seconds))
        except Exception as error:
            # Whatever a subscriber raises is its own failure: written on the delivery and into the
            # log, and neither another subscriber's nor another aggregate's concern.
            if not connection.is_usable():
                seconds = time.monotonic() - started
                if seconds >= settings.SUBSCRIBER_SECONDS:
                    raise _LostConnection(row, seconds) from error
                raise
            logger.warning("delivery_failed", attempt=row.attempts + 1, exc_info=True)
            _fail(current, row, error)
        else:
            current.done.append(row.id)


def _fail(current: _Round, row: Claimed, error: Exception) -> None:
    now = timezone.now()
    text = f"{type(error).__name__}: {error}".replace("\x00", "")[:_MAX_ERROR]
    attempts = row.attempts + 1
    pauses = settings.DELIVERY_RETRY_SECONDS
    fields = {
        "attempts": attempts,
        "last_error": text,
        "first_failed_at": row.first_failed_at or now,
    }
    current.outcome.failed += 1
    if attempts > len(pauses):
        current.outcome.dead += 1
        EventDelivery.objects.filter(pk=row.id).update(status=DeliveryStatus.DEAD, **fields)
        bury(row, subscriber=current.subscriber.name, error=text, now=now)
        if current.subscriber.strict:
            current.stuck[row.aggregate] = now  # the next claim finds the dead letter in the way
        return
    pause = pauses[attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
    again = now + timedelta(seconds=pause)
    EventDelivery.objects.filter(pk=row.id).update(not_before=again, **fields)
    current.stuck[row.aggregate] = again


def _still_pending(row: Claimed) -> bool:
    rows = EventDelivery.objects.select_for_update(skip_locked=True)
    return rows.filter(pk=row.id, status=DeliveryStatus.PENDING, attempts=row.attempts).exists()


def _too_long(seconds: float) -> str:
    return f"Took {seconds:.1f} s of {settings.SUBSCRIBER_SECONDS:g} s."
