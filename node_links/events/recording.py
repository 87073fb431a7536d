"""Recording what happened, inside the transaction in which it happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.db import connection
from structlog.contextvars import get_contextvars

from accounts.actors import Actor
from config.db import prepared_cursor
from config.ids import uuid7
from config.request_context import current_causation_id, current_execution_id
from node_links.events.outbox import DELIVERIES, EVENTS, addressed_to, notice_of, wanted_sql
from node_links.events.subscribing import subscribers
from node_links.events.types import event_types

# One statement counts the aggregate up, writes the event and what each subscriber must hear, and
# rings for whoever listens: the upsert's row lock puts concurrent writers in order, so that the
# sequence has neither gaps nor twins.
_RECORD = """
WITH counted AS (
    INSERT INTO node_event_sequences AS s (organization_id, feature_type, entity_id, last)
    VALUES (%(organization)s, %(feature)s::text, %(entity)s, 1)
    ON CONFLICT (organization_id, feature_type, entity_id) DO UPDATE SET last = s.last + 1
    RETURNING last
), written AS (
    INSERT INTO node_events (event_id, organization_id, event_type, schema_version, feature_type,
        entity_id, node_id, sequence, data, "timestamp", user_id, correlation_id, causation_id,
        execution_id)
    SELECT %(id)s, %(organization)s, %(type)s::text, %(version)s::int, %(feature)s::text,
        %(entity)s, %(node)s::text, last, %(data)s::jsonb, clock_timestamp(), %(user)s::uuid,
        %(correlation)s::text, %(causation)s::uuid, %(execution)s::uuid
    FROM counted
), addressed AS (
    INSERT INTO event_deliveries (delivery_id, organization_id, event_id, subscriber, feature_type,
        entity_id, sequence, status, attempts, not_before, replayed, last_error, created_at)
    SELECT delivery, %(organization)s, %(id)s, subscriber, %(feature)s::text, %(entity)s, last,
        'pending', 0, clock_timestamp(), false, '', clock_timestamp()
    FROM counted, unnest(%(deliveries)s::uuid[], %(subscribers)s::text[]) AS t(delivery, subscriber)
    WHERE {wanted}
    RETURNING subscriber
)
SELECT pg_notify(%(channel)s, %(notice)s)
UNION ALL
SELECT pg_notify(%(bell)s, subscriber) FROM addressed WHERE subscriber = ANY(%(asking)s::text[])
"""

# The same for many events. Counters are taken in the order of their keys, so that two writers of
# the same aggregates cannot wait for each other; `place` keeps the events of each in their order.
_RECORD_MANY = """
WITH given AS MATERIALIZED (
    SELECT * FROM ROWS FROM (jsonb_to_recordset(%(events)s::jsonb)
        AS (id uuid, type text, version int, feature text, entity uuid, node text, data jsonb))
        WITH ORDINALITY AS g(id, type, version, feature, entity, node, data, place)
), counted AS (
    INSERT INTO node_event_sequences AS s (organization_id, feature_type, entity_id, last)
    SELECT %(organization)s, feature, entity, count(*) FROM given
    GROUP BY feature, entity ORDER BY feature, entity
    ON CONFLICT (organization_id, feature_type, entity_id)
        DO UPDATE SET last = s.last + excluded.last
    RETURNING feature_type, entity_id, last
), numbered AS MATERIALIZED (
    SELECT g.*, c.last - count(*) OVER (PARTITION BY g.feature, g.entity)
        + row_number() OVER (PARTITION BY g.feature, g.entity ORDER BY g.place) AS sequence
    FROM given g JOIN counted c ON c.feature_type = g.feature AND c.entity_id = g.entity
), written AS (
    INSERT INTO node_events (event_id, organization_id, event_type, schema_version, feature_type,
        entity_id, node_id, sequence, data, "timestamp", user_id, correlation_id, causation_id,
        execution_id)
    SELECT id, %(organization)s, type, version, feature, entity, node, sequence, data,
        clock_timestamp(), %(user)s, %(correlation)s, %(causation)s, %(execution)s
    FROM numbered ORDER BY place
), addressed AS (
    INSERT INTO event_deliveries (delivery_id, organization_id, event_id, subscriber, feature_type,
        entity_id, sequence, status, attempts, not_before, replayed, last_error, created_at)
    SELECT uuid7_at(clock_timestamp()), %(organization)s, id, subscriber, feature, entity, sequence,
        'pending', 0, clock_timestamp(), false, '', clock_timestamp()
    FROM numbered
    JOIN unnest(%(wanted)s::text[], %(subscribers)s::text[]) AS s(wanted, subscriber)
        ON s.wanted = type
    WHERE {wanted}
    ORDER BY place
    RETURNING subscriber
), rung AS (
    SELECT count(pg_notify(%(bell)s, subscriber)) FROM (
        SELECT DISTINCT subscriber FROM addressed WHERE subscriber = ANY(%(asking)s)
    ) AS called
)
SELECT count(pg_notify(%(channel)s, json_build_object('id', id, 'organization', %(organization)s,
    'type', type, 'feature', feature, 'entity', entity, 'execution', %(execution)s::uuid,
    'user', %(user)s::uuid)::text)), (SELECT * FROM rung) FROM numbered
"""


class Aggregate(Protocol):
    """Whatever events are counted for: an entity, or the organisation itself."""

    @property
    def organization_id(self) -> UUID:
        """The tenant."""

    @property
    def feature_type(self) -> str:
        """The first part of its address."""

    @property
    def pk(self) -> UUID:
        """The second part."""


@dataclass(frozen=True, slots=True)
class AggregateKey:
    """An aggregate known by its address: what is no entity (a saga), or need not be read."""

    organization_id: UUID
    feature_type: str
    pk: UUID


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One of many events that are recorded together; as the arguments of `record_event`."""

    feature_type: str
    entity_id: UUID
    event_type: str
    data: dict[str, Any]
    node_id: str | None = None


def record_event(
    *,
    actor: Actor,
    entity: Aggregate,
    event_type: str,
    data: dict[str, Any],
    node_id: str | None = None,
    event_id: UUID | None = None,
    schema_version: int | None = None,
    correlation_id: str | None = None,
    causation_id: UUID | None = None,
    quiet: bool = False,
) -> UUID:
    """Write one event of `entity` into `node_events` and return its id.

    With it go the deliveries to its subscribers and a notice to the processes that wait for one.

    Must run in the transaction of the change; if it fails, the change fails with it. Members of
    `data` that are None are left out. Unless it is given, the request's id becomes the correlation
    id; the causation is the event that is being handled, the execution the one that is running.

    `schema_version` says that the data have been checked already, as those of custom types are;
    otherwise raises `InvalidEvent` where they do not fit the newest version of the type. A `quiet`
    event is history for whoever looks, but no subscriber hears of it.
    """
    event_id = event_id or uuid7()
    present = {key: value for key, value in data.items() if value is not None}
    version = schema_version or event_types.validate(event_type, present)
    parameters = {
        "id": event_id,
        "organization": entity.organization_id,
        "type": event_type,
        "version": version,
        "feature": entity.feature_type,
        "entity": entity.pk,
        "node": node_id,
        "data": orjson.dumps(present).decode(),
        "user": actor.user_id,
        "correlation": correlation_id or get_contextvars().get("request_id"),
        "causation": causation_id or current_causation_id(),
        "execution": current_execution_id(),
    }
    hearers = [] if quiet else subscribers.of_type(event_type)
    parameters |= addressed_to(hearers) | notice_of(parameters)
    wanted = wanted_sql(subscribers.asking(), "%(organization)s", "%(type)s::text")
    with prepared_cursor() as cursor:
        cursor.execute(_RECORD.format(wanted=wanted), parameters)
    return event_id


def record_events(*, actor: Actor, events: Sequence[NewEvent], quiet: bool = False) -> list[UUID]:
    """Write many events of the actor's organisation with one statement; return their ids.

    As `record_event` for each of them, in their order: gapless per aggregate, with notices and,
    unless `quiet`, deliveries. Raises `InvalidEvent`.
    """
    if not events:
        return []
    ids = [uuid7() for _ in events]
    wanting = [
        (event_type, subscriber.name)
        for event_type in {event.event_type for event in events if not quiet}
        for subscriber in subscribers.of_type(event_type)
    ]
    parameters = {
        "organization": actor.tenant_id,
        "events": orjson.dumps(
            [_told(pk, event) for pk, event in zip(ids, events, strict=True)]
        ).decode(),
        "user": actor.user_id,
        "correlation": get_contextvars().get("request_id"),
        "causation": current_causation_id(),
        "execution": current_execution_id(),
        "wanted": [event_type for event_type, _ in wanting],
        "subscribers": [name for _, name in wanting],
        "asking": [one.name for one in subscribers.asking()],
        "channel": EVENTS,
        "bell": DELIVERIES,
    }
    wanted = wanted_sql(subscribers.asking(), "%(organization)s::uuid", "type")
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_MANY.format(wanted=wanted), parameters)
    return ids


def _told(pk: UUID, event: NewEvent) -> dict[str, Any]:
    present = {key: value for key, value in event.data.items() if value is not None}
    return {
        "id": pk,
        "type": event.event_type,
        "version": event_types.validate(event.event_type, present),
        "feature": event.feature_type,
        "entity": event.entity_id,
        "node": event.node_id,
        "data": present,
    }
