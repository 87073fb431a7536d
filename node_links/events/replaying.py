"""Sending past events out again: chosen by time, type, aggregate, to one subscriber or to all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from accounts.tenancy import system_scope
from config.exceptions import ValidationFailed
from config.ids import uuid7
from node_links.events.outbox import ring_for
from node_links.events.subscribing import Subscriber, subscribers
from node_links.models import NodeEvent

BATCH = 1000

# What is pending comes anyway, and what somebody discarded stays discarded. A dead letter whose
# event goes out again is retried.
_SEND_AGAIN = """
WITH again AS (
    INSERT INTO event_deliveries AS d (delivery_id, organization_id, event_id, subscriber,
        feature_type, entity_id, sequence, status, attempts, not_before, replayed, last_error,
        created_at)
    SELECT t.id, e.organization_id, e.event_id, t.subscriber, e.feature_type, e.entity_id,
        e.sequence, 'pending', 0, statement_timestamp(), true, '', statement_timestamp()
    FROM unnest(%(ids)s::uuid[], %(events)s::uuid[], %(subscribers)s::text[])
        AS t(id, event_id, subscriber)
    JOIN node_events e ON e.event_id = t.event_id
    ON CONFLICT (subscriber, event_id) DO UPDATE SET status = 'pending', attempts = 0,
        not_before = excluded.not_before, replayed = true, last_error = '',
        first_failed_at = NULL, delivered_at = NULL
    WHERE d.status IN ('delivered', 'dead')
    RETURNING subscriber, event_id
)
UPDATE dead_letters l SET status = 'retried', reason = 'replayed', resolved_at = now()
FROM again WHERE l.subscriber = again.subscriber AND l.event_id = again.event_id
    AND l.status = 'open'
"""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Which events go out again: those from `since` up to and without `until`.

    `types` (names or beginnings, `Sop*`; empty: all) and the aggregate narrow it. Without a
    `subscriber` everybody hears of them who may: those that are not replayable must be named.
    `event_ids` narrows it to single events.
    """

    since: datetime
    until: datetime
    types: tuple[str, ...] = ()
    subscriber: str | None = None
    feature_type: str | None = None
    entity_id: UUID | None = None
    event_ids: tuple[UUID, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the request as it is stored."""
        return {
            **asdict(self),
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "entity_id": self.entity_id and str(self.entity_id),
            "event_ids": [str(one) for one in self.event_ids],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the request that was stored."""
        entity = stored["entity_id"]
        return cls(
            since=datetime.fromisoformat(stored["since"]),
            until=datetime.fromisoformat(stored["until"]),
            types=tuple(stored["types"]),
            subscriber=stored["subscriber"],
            feature_type=stored["feature_type"],
            entity_id=UUID(entity) if entity else None,
            event_ids=tuple(UUID(one) for one in stored["event_ids"]),
        )


Place = tuple[datetime, UUID]
"""When an event happened, and its id: events go out again in this order."""


def count_matching(organization_id: UUID, request: ReplayRequest) -> int:
    """Return how many events somebody would hear of. Raises `ValidationFailed`."""
    chosen = _subscribers(request)
    rows = _events(organization_id, request).order_by().values_list("event_type")
    with system_scope(organization_id):
        counted = rows.annotate(n=Count("pk"))
        return sum(n for name, n in counted if any(found.wants(name) for found in chosen))


def send_next(
    organization_id: UUID, request: ReplayRequest, after: Place | None, batch: int = BATCH
) -> tuple[int, Place | None]:
    """Make the deliveries of the next events due again, oldest first, in the running transaction.

    Return how many of them somebody hears of, and behind which event to go on; None at the end.
    What is still pending from an earlier replay is not sent twice. Raises `ValidationFailed`.
    """
    chosen = _subscribers(request)
    rows = _events(organization_id, request)
    if after is not None:
        moment, last = after
        rows = rows.filter(Q(timestamp__gt=moment) | Q(timestamp=moment, pk__gt=last))
    page = list(rows.values_list("timestamp", "pk", "event_type")[:batch])
    return _send_again(page, chosen), page[-1][:2] if len(page) == batch else None


def _send_again(page: list[tuple[datetime, UUID, str]], chosen: list[Subscriber]) -> int:
    pairs = [
        (event, found.name) for _, event, name in page for found in chosen if found.wants(name)
    ]
    if not pairs:
        return 0
    parameters: dict[str, Any] = {
        "ids": [uuid7() for _ in pairs],
        "events": [event for event, _ in pairs],
        "subscribers": [name for _, name in pairs],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEND_AGAIN, parameters)
    ring_for([name for _, name in pairs])
    return len({event for event, _ in pairs})


def _subscribers(request: ReplayRequest) -> list[Subscriber]:
    if request.subscriber is None:
        return [found for found in subscribers.all() if found.replayable]
    named = subscribers.get(request.subscriber)
    if named is None:
        names = ", ".join(found.name for found in subscribers.all())
        message = f"No such subscriber. There are: {names}."
        raise ValidationFailed.of("/subscriber", "does_not_exist", message)
    return [named]


def _events(organization_id: UUID, request: ReplayRequest) -> QuerySet[NodeEvent]:
    rows = NodeEvent.objects.filter(
        organization_id=organization_id,
        timestamp__gte=request.since,
        timestamp__lt=request.until,
    )
    if request.types:
        wanted = Q()
        for name in request.types:
            wanted |= (
                Q(event_type__startswith=name[:-1]) if name.endswith("*") else Q(event_type=name)
            )
        rows = rows.filter(wanted)
    if request.feature_type is not None:
        rows = rows.filter(feature_type=request.feature_type)
    if request.entity_id is not None:
        rows = rows.filter(entity_id=request.entity_id)
    if request.event_ids:
        rows = rows.filter(pk__in=request.event_ids)
    return rows.order_by("timestamp", "pk")
