"""Writing what is kept with the node: a fixed number of statements for any number of nodes.

A change of a node is a change of its entity: it raises the revision, stands in the entity's audit
record, and is told as the feature's own `…Updated` event, which names the node.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.actors import Actor
from node_links.audit.annotating import annotate
from node_links.events.recording import NewEvent, record_events
from node_links.models import NodeEntity, NodeMetadata
from node_links.registry import NodeDescription, features
from node_links.search.text import content_hash, index_text
from node_links.services.nodes.addresses import EntityNode
from node_links.services.nodes.given import GIVEN, descriptions_of, lay_over, take
from node_links.services.nodes.vectors import VECTOR, Vectors, digest_of

AGENT = "ai_agent_config"
KEPT = frozenset({*GIVEN, AGENT, *VECTOR})
"""What may be kept with a node."""

_COLUMNS = ("given_visual_properties", "given_metadata", "given_keywords", "content_hash")

_WRITE = """
UPDATE node_metadata m
SET visual_properties = n.visual_properties, metadata = n.metadata,
    search_keywords = n.search_keywords, given_visual_properties = n.given_visual_properties,
    given_metadata = n.given_metadata, given_keywords = n.given_keywords,
    ai_agent_config = n.ai_agent_config, content_hash = n.content_hash,
    updated_at = clock_timestamp()
FROM jsonb_to_recordset(%s::jsonb) AS n (
    metadata_id uuid, visual_properties jsonb, metadata jsonb, search_keywords text[],
    given_visual_properties jsonb, given_metadata jsonb, given_keywords text[],
    ai_agent_config jsonb, content_hash text
)
WHERE m.metadata_id = n.metadata_id
RETURNING m.metadata_id, m.updated_at
"""


@dataclass(slots=True)
class _Written:
    """A node that has changed: how, and what it is searched by where that changed too."""

    found: EntityNode
    changes: dict[str, dict[str, Any]]
    text: NodeDescription | None = None


@dataclass(slots=True)
class _Work:
    written: list[_Written] = field(default_factory=list)
    vectors: Vectors = field(default_factory=Vectors)


def set_on_nodes(*, actor: Actor, changes: Sequence[tuple[EntityNode, dict[str, Any]]]) -> None:
    """Set on each locked node the values that are kept with it (`KEPT`), checked before.

    Each node occurs once. What changes nothing leaves no trace.
    """
    work = _Work(vectors=Vectors.of(changes))
    said = _said(changes)
    for found, values in changes:
        one = _change(found, values, said, work.vectors)
        if one.changes:
            work.written.append(one)
    if not work.written:
        return
    _write([one.found.node for one in work.written])
    index_text([(one.found.node, one.text) for one in work.written if one.text is not None])
    work.vectors.store(actor=actor)
    _raise_revisions(work.written)
    record_events(actor=actor, events=[_event(one) for one in work.written])


def _event(one: _Written) -> NewEvent:
    return NewEvent(
        feature_type=one.found.entity.feature_type,
        entity_id=one.found.entity.pk,
        event_type=f"{one.found.entity.event_prefix}Updated",
        data={"changes": one.changes},
        node_id=one.found.node.node_id,
    )


def _said(changes: Sequence[tuple[EntityNode, dict[str, Any]]]) -> dict[UUID, NodeDescription]:
    """Return what the entities say of nodes where that matters; each entity is asked once."""
    asked: dict[UUID, tuple[NodeEntity, list[NodeMetadata]]] = {}
    for found, values in changes:
        if not values.keys().isdisjoint(GIVEN):
            asked.setdefault(found.entity.pk, (found.entity, []))[1].append(found.node)
    return {
        node.pk: description
        for entity, nodes in asked.values()
        for node, description in descriptions_of(entity, nodes)
    }


def _change(
    found: EntityNode,
    values: dict[str, Any],
    said: dict[UUID, NodeDescription],
    vectors: Vectors,
) -> _Written:
    node = found.node
    before = {name: getattr(node, name) for name in (*GIVEN, AGENT)}
    text: NodeDescription | None = None
    if not values.keys().isdisjoint(GIVEN):
        own = said[node.pk]
        take(node, own, values)
        merged = lay_over(own, node)
        node.visual_properties, node.metadata = merged.visual_properties, merged.metadata
        node.search_keywords = list(merged.keywords)
        digest = content_hash(merged)
        text = merged if digest != node.content_hash else None
        node.content_hash = digest
    if AGENT in values:
        node.ai_agent_config = values[AGENT]
    changes = {
        name: {"old": _told(name, old), "new": _told(name, getattr(node, name))}
        for name, old in before.items()
        if getattr(node, name) != old
    }
    return _Written(found, {**changes, **vectors.change(node, values)}, text)


def _told(name: str, value: Any) -> Any:
    """Return how an event names a value: an agent's configuration by its digest, it may be long."""
    if name != AGENT or value is None:
        return value
    return digest_of(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def _write(nodes: Sequence[NodeMetadata]) -> None:
    names = (*GIVEN, *_COLUMNS, AGENT)
    rows = [
        {"metadata_id": str(node.pk), **{name: getattr(node, name) for name in names}}
        for node in nodes
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [orjson.dumps(rows).decode()])
        moments = dict(cursor.fetchall())
    for node in nodes:
        node.updated_at = moments[node.pk]


def _raise_revisions(written: Sequence[_Written]) -> None:
    """Raise each entity's revision by one, however many of its nodes have changed."""
    entities: dict[tuple[str, UUID], NodeEntity] = {
        (one.found.entity.feature_type, one.found.entity.pk): one.found.entity for one in written
    }
    now = timezone.now()
    for feature in features.all():
        own = [entity for (kind, _), entity in entities.items() if kind == feature.feature_type]
        if not own:
            continue
        act: dict[str, Any] = {"action": "node_update", "nodes": len(written)}
        if len(written) == 1:
            [one] = written
            act |= {"node_id": one.found.node.node_id, "changes": one.changes}
        event_type = f"{feature.model.event_prefix}Updated"
        with annotate(event_type=event_type, event_data=act):
            feature.model.all_objects.filter(pk__in=[entity.pk for entity in own]).update(
                revision=F("revision") + 1, updated_at=now
            )
        for entity in own:
            entity.revision, entity.updated_at = entity.revision + 1, now
