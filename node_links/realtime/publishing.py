"""Ringing the live processes, in the transaction of what they will tell.

PostgreSQL passes a notification on when the transaction commits, and never if it does not. It holds
ids only: what is told is read from the store, under the rights of whoever hears it.
"""

from typing import Any
from uuid import UUID

import orjson
from django.db import connection

EVENTS = "nodeloom_events"
NOTIFICATIONS = "nodeloom_notifications"


def publish_to_channel(
    *,
    event_id: UUID,
    organization_id: UUID,
    event_type: str,
    feature_type: str,
    entity_id: UUID,
    execution_id: UUID | None = None,
    user_id: UUID | None = None,
) -> None:
    """Tell a stored event to the streams of its entity, its execution and its organisation."""
    payload = {
        "id": event_id,
        "organization": organization_id,
        "type": event_type,
        "feature": feature_type,
        "entity": entity_id,
        "execution": execution_id,
        "user": user_id,
    }
    _notify(EVENTS, payload)


def publish_to_user(*, user_id: UUID, organization_id: UUID, notification_id: UUID) -> None:
    """Tell a stored notification to the streams of its user."""
    payload = {"id": notification_id, "user": user_id, "organization": organization_id}
    _notify(NOTIFICATIONS, payload)


def _notify(channel: str, payload: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, orjson.dumps(payload).decode()])
