"""Taking an entity's links away in such a way that they can be put back as they were."""

from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from accounts.actors import Actor
from node_links.choices import LinkOrigin
from node_links.events.recording import AggregateKey, record_event
from node_links.models import NodeEntity

# Rows go out and come back as PostgreSQL itself writes them: every column, whichever there are.
_REMOVE = """
DELETE FROM node_links l
WHERE organization_id = %(organization)s AND origin <> %(runtime)s
    AND ((source_feature = %(feature)s AND source_entity_id = %(entity)s)
        OR (target_feature = %(feature)s AND target_entity_id = %(entity)s))
RETURNING to_jsonb(l)::text
"""

# Not where a node has gone since, nor where somebody has linked the two again. Rows that were
# removed before there were revisions have none.
_RESTORE = """
INSERT INTO node_links
SELECT l.* FROM jsonb_array_elements(%s::jsonb) AS given,
    jsonb_populate_record(NULL::node_links, '{"revision": 1}'::jsonb || given) l
WHERE EXISTS (SELECT FROM node_metadata WHERE metadata_id = l.source_id)
    AND EXISTS (SELECT FROM node_metadata WHERE metadata_id = l.target_id)
ON CONFLICT DO NOTHING
RETURNING link_id::text
"""

Row = dict[str, Any]


def remove_links(*, actor: Actor, entity: NodeEntity) -> list[Row]:
    """Remove the links at both ends of `entity` and of the nodes inside it; return their rows.

    What runs have left stays: it tells what happened. The rows are JSON, for `restore_links`.
    """
    parameters: dict[str, Any] = {
        "organization": entity.organization_id,
        "runtime": LinkOrigin.RUNTIME,
        "feature": entity.feature_type,
        "entity": entity.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE, parameters)
        rows: list[Row] = [orjson.loads(text) for (text,) in cursor.fetchall()]
    for row in rows:
        _record(actor, row, "NodeLinkRemoved")
    return rows


def restore_links(*, actor: Actor, rows: list[Row]) -> int:
    """Put removed links back with their ids and dates; return how many were still missing."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTORE, [orjson.dumps(rows).decode()])
        restored = {pk for (pk,) in cursor.fetchall()}
    for row in rows:
        if row["link_id"] in restored:
            facts = {"base_strength": float(row["base_strength"]), "origin": row["origin"]}
            _record(actor, row, "NodeLinkCreated", **facts)
    return len(restored)


def _record(actor: Actor, row: Row, event_type: str, **facts: object) -> None:
    record_event(
        actor=actor,
        entity=AggregateKey(actor.tenant_id, row["source_feature"], UUID(row["source_entity_id"])),
        event_type=event_type,
        data={
            "link_id": row["link_id"],
            "source": {"feature": row["source_feature"], "entity_id": row["source_entity_id"]},
            "target": {"feature": row["target_feature"], "entity_id": row["target_entity_id"]},
            "link_type": row["link_type"],
            **facts,
        },
    )
