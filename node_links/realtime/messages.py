"""What is sent of stored rows: finished messages, the same for everyone who may see the row."""

from typing import Any
from uuid import UUID

import orjson

from config.exceptions import DomainError
from config.live import sse
from node_links.events.cloudevents import to_cloudevent
from node_links.events.reading import event_of
from node_links.models import NodeEvent

_NOTICE = (
    *("id", "kind", "title", "body", "url", "feature_type", "entity_id", "event_id"),
    *("created_at", "read_at"),
)


def message_of_event(row: NodeEvent) -> bytes:
    """Return the message of a stored event: its type, its id, and a CloudEvent as data."""
    event = event_of(row)
    data = orjson.dumps(to_cloudevent(event))
    return sse.message(data, event=event.event_type, event_id=str(event.id))


def message_of_notification(row: Any) -> bytes:
    """Return the message of a stored notification: what the API answers for it."""
    notice = {name: getattr(row, name) for name in _NOTICE}
    data = orjson.dumps(notice, option=orjson.OPT_UTC_Z)
    return sse.message(data, event="notification", event_id=str(row.pk))


def gap(last_event_id: UUID) -> bytes:
    """Return the message that says that the stream cannot go on from `last_event_id`."""
    return sse.message(orjson.dumps({"last_event_id": last_event_id}), event="gap")


def closed(reason: DomainError | Exception) -> bytes:
    """Return the last message of a stream whose reader may not hear of it any more."""
    code = getattr(reason, "code", None) or getattr(reason, "default_code", "not_found")
    return sse.message(orjson.dumps({"code": code, "detail": str(reason)}), event="closed")
