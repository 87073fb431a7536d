"""What is sent: claimed for one lease, with everything that sending needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.tenancy import system_scope
from node_links.events.cloudevents import to_cloudevent
from node_links.events.reading import event_of
from node_links.models import NodeEvent, Webhook, WebhookDelivery

PER_WEBHOOK = 4
"""Messages on their way to one receiver at a time: one that hangs occupies no more senders."""
_LEASE_SPARE_SECONDS = 20

# Webhook by webhook, so that the many messages of one do not stand before the few of the others.
# MATERIALIZED: a plan that asks the sub-select twice would lock, and take, more than the limit.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT found.delivery_id, found.was_due FROM webhooks w CROSS JOIN LATERAL (
        SELECT d.delivery_id, d.not_before AS was_due FROM webhook_deliveries d
        WHERE d.webhook_id = w.webhook_id AND d.status = 'pending'
            AND d.not_before <= clock_timestamp()
        ORDER BY d.not_before, d.delivery_id LIMIT %(per_webhook)s FOR UPDATE SKIP LOCKED
    ) AS found
    WHERE w.status = 'active' AND w.webhook_id <> ALL(%(busy)s::uuid[])
    ORDER BY found.was_due LIMIT %(limit)s
)
UPDATE webhook_deliveries d
SET not_before = clock_timestamp() + make_interval(secs => %(lease)s), attempts = d.attempts + 1
FROM due WHERE d.delivery_id = due.delivery_id
RETURNING d.delivery_id
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One try of one delivery. `lease` is until when it is ours, and the proof that it still is.

    `body` is None where the event is not in the store any more.
    """

    delivery_id: UUID
    webhook_id: UUID
    event_id: UUID
    url: str
    secrets: tuple[str, ...]
    body: bytes | None
    attempt: int
    lease: datetime


def claim(*, limit: int, busy: Sequence[UUID] = ()) -> list[Message]:
    """Take at most `limit` messages that are due, none of the webhooks in `busy`.

    A try counts from here on: one that kills its process is not repeated for ever.
    """
    parameters: dict[str, Any] = {
        "limit": limit,
        "busy": list(busy),
        "per_webhook": PER_WEBHOOK,
        "lease": settings.WEBHOOK_TIMEOUT_SECONDS + _LEASE_SPARE_SECONDS,
    }
    with system_scope():
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, parameters)
            claimed = [row[0] for row in cursor.fetchall()]
        return _read(claimed) if claimed else []


def _read(claimed: list[UUID]) -> list[Message]:
    rows = WebhookDelivery.objects.filter(pk__in=claimed).select_related("webhook")
    deliveries = list(rows.order_by("created_at", "id").defer("log", "last_response"))
    events = _bodies([row for row in deliveries if row.payload is None])
    return [
        Message(
            delivery_id=row.pk,
            webhook_id=row.webhook_id,
            event_id=row.event_id,
            url=row.webhook.url,
            secrets=_secrets(row.webhook),
            body=orjson.dumps(row.payload) if row.payload else events.get(row.event_id),
            attempt=row.attempts,
            lease=row.not_before,
        )
        for row in deliveries
    ]


def _bodies(rows: list[WebhookDelivery]) -> dict[UUID, bytes]:
    ids = {row.event_id for row in rows}
    found = NodeEvent.objects.filter(pk__in=ids) if ids else ()
    return {row.pk: orjson.dumps(to_cloudevent(event_of(row))) for row in found}


def _secrets(webhook: Webhook) -> tuple[str, ...]:
    until = webhook.previous_until
    if webhook.previous_secret and until is not None and until > timezone.now():
        return webhook.secret, webhook.previous_secret
    return (webhook.secret,)
