"""Writing publications, once each, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.choices import Role
from config.db import joined_transaction
from config.exceptions import Conflict, FieldError, Forbidden
from config.ids import uuid7
from node_links.events.dedup import claim
from node_links.events.reading import event_of
from node_links.events.recording import record_event
from node_links.models import NodeEvent
from node_links.services.publishing.checking import check_publications
from node_links.services.publishing.publication import ORGANIZATION, Publication, Published

OTHER_BODY = "An event with this id was published before, and it was another one."

# Takes the row locks of all counters in one order, so that two batches cannot wait for each other.
_LOCK_COUNTERS = """
INSERT INTO node_event_sequences AS s (organization_id, feature_type, entity_id, last)
SELECT %s, feature, entity, 0 FROM unnest(%s::text[], %s::uuid[]) AS t(feature, entity)
ORDER BY feature, entity
ON CONFLICT (organization_id, feature_type, entity_id) DO UPDATE SET last = s.last
"""


@dataclass(frozen=True, slots=True)
class _Aggregate:
    organization_id: UUID
    feature_type: str
    pk: UUID


def publish_event(*, actor: Actor, publication: Publication) -> Published:
    """Publish one event. Raises as `publish_events`, with pointers from the body's root."""
    return publish_events(actor=actor, publications=[publication], pointers=[""])[0]


def publish_events(
    *, actor: Actor, publications: Sequence[Publication], pointers: Sequence[str]
) -> list[Published]:
    """Publish events in their order, all or none; `pointers` say where each stands in the body.

    For editors. What was published before is not published again: the same `event_id` at any time,
    the same `dedup_key` within 60 seconds. Raises `Forbidden` (role, built-in type),
    `ValidationFailed`, `NotFound`, `Conflict` (`duplicate`: a known id with another body).
    """
    if not actor.at_least(Role.EDITOR):
        raise Forbidden("Publishing events needs the role editor or a higher one.")
    versions = check_publications(actor, publications, pointers)
    ids = [one.event_id or uuid7() for one in publications]
    with joined_transaction():
        targets, known = _targets(actor.tenant_id, publications, ids)
        chosen: dict[UUID, int] = {}
        for index, target in enumerate(targets):
            if target not in known:
                # The first publication that stands for an event is the one that is written.
                chosen.setdefault(target, index)
        _lock_counters(actor.tenant_id, [publications[index] for index in chosen.values()])
        for target, index in chosen.items():
            _record(actor, publications[index], target, versions[index])
        rows = {row.pk: row for row in _stored(actor.tenant_id, targets)}
        _require_same(actor.tenant_id, publications, pointers, rows)
    return [
        Published(event_of(rows[target]), chosen.get(target) == index)
        for index, target in enumerate(targets)
    ]


def _targets(
    organization_id: UUID, publications: Sequence[Publication], ids: Sequence[UUID]
) -> tuple[list[UUID], set[UUID]]:
    """Return which event each publication stands for, and which of them are stored already."""
    wanted: dict[str, UUID] = {}
    for one, event_id in zip(publications, ids, strict=True):
        for key in one.keys:
            wanted.setdefault(key, event_id)
    holders = claim(organization_id, wanted)
    candidates = {*(one.event_id for one in publications if one.event_id), *holders.values()}
    known = {row.pk for row in _stored(organization_id, list(candidates)).only("pk")}
    targets = [
        event_id if one.dedup_key is None or event_id in known else holders[f"key:{one.dedup_key}"]
        for one, event_id in zip(publications, ids, strict=True)
    ]
    return targets, known


def _stored(organization_id: UUID, ids: Sequence[UUID]) -> QuerySet[NodeEvent]:
    return NodeEvent.objects.filter(organization_id=organization_id, pk__in=ids)


def _lock_counters(organization_id: UUID, publications: Sequence[Publication]) -> None:
    addresses = {
        (one.feature_type or ORGANIZATION, one.entity_id or organization_id) for one in publications
    }
    if len(addresses) < 2:
        return
    features = [feature for feature, _ in addresses]
    entities = [entity_id for _, entity_id in addresses]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_COUNTERS, [organization_id, features, entities])


def _record(actor: Actor, publication: Publication, event_id: UUID, version: int) -> None:
    record_event(
        actor=actor,
        entity=_Aggregate(
            actor.tenant_id,
            publication.feature_type or ORGANIZATION,
            publication.entity_id or actor.tenant_id,
        ),
        event_type=publication.event_type,
        data=publication.present,
        node_id=publication.node_id,
        event_id=event_id,
        schema_version=version,
        correlation_id=publication.correlation_id,
        causation_id=publication.causation_id,
    )


def _require_same(
    organization_id: UUID,
    publications: Sequence[Publication],
    pointers: Sequence[str],
    rows: dict[UUID, NodeEvent],
) -> None:
    """Raise `Conflict` where an id that was given names an event with another body."""
    errors = [
        FieldError(f"{at}/event_id", "duplicate", OTHER_BODY)
        for one, at in zip(publications, pointers, strict=True)
        if one.event_id in rows and not one.is_told_by(rows[one.event_id], organization_id)
    ]
    if errors:
        raise Conflict(OTHER_BODY, code="duplicate", errors=errors)
