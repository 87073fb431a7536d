"""Taking links away: one by hand, or all of an entity's, so that they can be put back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from accounts.actors import Actor
from config.db import joined_transaction
from node_links.choices import LinkOrigin
from node_links.events.recording import NewEvent, record_events
from node_links.links.drafts import Address
from node_links.models import NodeEntity, NodeLink
from node_links.services.links.updating import lock_link, require_changeable

# Rows go out and come back as PostgreSQL itself writes them: every column, whichever there are.
_REMOVE = """
DELETE FROM node_links l
WHERE organization_id = %(organization)s AND origin <> %(runtime)s
    AND ((source_feature = %(feature)s AND source_entity_id = %(entity)s)
        OR (NOT %(leaving)s AND target_feature = %(feature)s AND target_entity_id = %(entity)s))
RETURNING to_jsonb(l)::text
"""

# Those of runs too: a node that goes takes along what leads to it.
_REMOVE_INSIDE = """
DELETE FROM node_links l
WHERE organization_id = %(organization)s
    AND ((source_feature = %(feature)s AND source_entity_id = %(entity)s
            AND source_node_id = ANY(%(nodes)s))
        OR (target_feature = %(feature)s AND target_entity_id = %(entity)s
            AND target_node_id = ANY(%(nodes)s)))
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


def delete_link(
    *,
    actor: Actor,
    pk: UUID,
    expected_revision: int | None = None,
    reason: str = "",
    locked: NodeLink | None = None,
) -> None:
    """Remove a link; `locked` as in `update_link`.

    Raises `NotFound`, `Forbidden`, `RevisionConflict`, `Conflict` (`derived_link`).
    """
    with joined_transaction():
        link = locked or lock_link(actor, pk)
        require_changeable(link, expected_revision)
        delete_rows([link])
        record_events(actor=actor, events=[event_of_removal(link, reason)])


def delete_rows(links: Iterable[NodeLink]) -> None:
    """Remove locked links with one statement, and leave the events to the caller."""
    NodeLink.objects.filter(pk__in=[link.pk for link in links]).delete()


def event_of_removal(link: NodeLink, reason: str = "") -> NewEvent:
    """Return the event that tells that `link` is gone."""
    source = Address(link.source_feature, link.source_entity_id, link.source_node_id)
    target = Address(link.target_feature, link.target_entity_id, link.target_node_id)
    data = _data(str(link.pk), source, target, link.link_type)
    return NewEvent(*source.entity, "NodeLinkRemoved", {**data, "reason": reason or None})


def remove_links(*, actor: Actor, entity: NodeEntity, leaving: bool = False) -> list[Row]:
    """Remove the links at both ends of `entity` and of the nodes inside it; return their rows.

    With `leaving`, only those whose source it is. What runs have left stays: it tells what
    happened. The rows are JSON, for `restore_links`. Two statements, whatever the number of links.
    """
    parameters: dict[str, Any] = {
        "organization": entity.organization_id,
        "runtime": LinkOrigin.RUNTIME,
        "feature": entity.feature_type,
        "entity": entity.pk,
        "leaving": leaving,
    }
    return _remove(actor, _REMOVE, parameters)


def remove_links_inside(*, actor: Actor, entity: NodeEntity, node_ids: Iterable[str]) -> list[Row]:
    """Remove the links of nodes that are about to go from `entity`; return their rows.

    The database would take them along by itself, but would tell nobody.
    """
    parameters: dict[str, Any] = {
        "organization": entity.organization_id,
        "feature": entity.feature_type,
        "entity": entity.pk,
        "nodes": list(node_ids),
    }
    return _remove(actor, _REMOVE_INSIDE, parameters, reason="node_removed")


def _remove(actor: Actor, statement: str, parameters: dict[str, Any], **facts: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Row] = [orjson.loads(text) for (text,) in cursor.fetchall()]
    record_events(actor=actor, events=[_event(row, "NodeLinkRemoved", **facts) for row in rows])
    return rows


def restore_links(*, actor: Actor, rows: list[Row]) -> int:
    """Put removed links back with their ids and dates; return how many were still missing."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTORE, [orjson.dumps(rows).decode()])
        restored = {pk for (pk,) in cursor.fetchall()}
    events = [
        _event(
            row, "NodeLinkCreated", base_strength=float(row["base_strength"]), origin=row["origin"]
        )
        for row in rows
        if row["link_id"] in restored
    ]
    record_events(actor=actor, events=events)
    return len(restored)


def _event(row: Row, event_type: str, **facts: object) -> NewEvent:
    source, target = (
        Address(row[f"{end}_feature"], UUID(row[f"{end}_entity_id"]), row.get(f"{end}_node_id"))
        for end in ("source", "target")
    )
    data = _data(row["link_id"], source, target, row["link_type"])
    return NewEvent(*source.entity, event_type, {**data, **facts})


def _data(pk: str, source: Address, target: Address, link_type: str) -> dict[str, Any]:
    return {
        "link_id": pk,
        "source": source.told(),
        "target": target.told(),
        "link_type": link_type,
    }
