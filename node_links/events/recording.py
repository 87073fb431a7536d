"""Recording what happened, inside the transaction in which it happened."""

from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from structlog.contextvars import get_contextvars

from accounts.actors import Actor
from config.ids import uuid7
from node_links.models import NodeEntity

# One statement counts the aggregate up and writes the event: the upsert's row lock puts concurrent
# writers in order, so that the sequence has neither gaps nor twins.
_RECORD = """
WITH counted AS (
    INSERT INTO node_event_sequences AS s (organization_id, feature_type, entity_id, last)
    VALUES (%(organization)s, %(feature)s, %(entity)s, 1)
    ON CONFLICT (organization_id, feature_type, entity_id) DO UPDATE SET last = s.last + 1
    RETURNING last
)
INSERT INTO node_events (event_id, organization_id, event_type, schema_version, feature_type,
    entity_id, node_id, sequence, data, "timestamp", user_id, correlation_id)
SELECT %(id)s, %(organization)s, %(type)s, 1, %(feature)s, %(entity)s, %(node)s, last,
    %(data)s::jsonb, clock_timestamp(), %(user)s, %(correlation)s
FROM counted
"""


def record_event(
    *,
    actor: Actor,
    entity: NodeEntity,
    event_type: str,
    data: dict[str, Any],
    node_id: str | None = None,
) -> UUID:
    """Write one event of `entity` into `node_events` and return its id.

    Must run in the transaction of the change; if it fails, the change fails with it. Members of
    `data` that are None are left out. The request's id becomes the correlation id.
    """
    return record_platform_event(
        actor=actor,
        organization_id=entity.organization_id,
        feature_type=entity.feature_type,
        entity_id=entity.pk,
        event_type=event_type,
        data=data,
        node_id=node_id,
    )


def record_platform_event(
    *,
    actor: Actor,
    organization_id: UUID,
    feature_type: str,
    entity_id: UUID,
    event_type: str,
    data: dict[str, Any],
    node_id: str | None = None,
) -> UUID:
    """Write one event of an aggregate known by its address, as `record_event` does.

    For what is no entity of a feature (a saga), and for entities that need not be read for it.
    """
    event_id = uuid7()
    present = {key: value for key, value in data.items() if value is not None}
    parameters = {
        "id": event_id,
        "organization": organization_id,
        "type": event_type,
        "feature": feature_type,
        "entity": entity_id,
        "node": node_id,
        "data": orjson.dumps(present).decode(),
        "user": actor.user_id,
        "correlation": get_contextvars().get("request_id"),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, parameters)
    return event_id
