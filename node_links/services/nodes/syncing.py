"""Keeping the node table in step with the entities, in the entity's own transaction."""

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.utils import timezone

from config.db import prepared_cursor
from config.rows import insert_rows, read_rows
from node_links.models import NodeEntity, NodeMetadata
from node_links.registry import NodeDescription, features
from node_links.search.text import content_hash, index_text
from node_links.services.nodes.given import lay_over

# One statement, whatever the number of rows; built by the ORM it would cost more than it does.
_UPDATE = """
UPDATE node_metadata n
SET node_type = r.node_type, name = r.name, position_x = r.position_x, position_y = r.position_y,
    searchable = r.searchable, search_text = r.search_text, search_keywords = r.search_keywords,
    visual_properties = r.visual_properties, metadata = r.metadata, content_hash = r.content_hash,
    updated_at = %s
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id uuid, node_type text, name text, position_x numeric, position_y numeric,
    searchable boolean, search_text text, search_keywords text[],
    visual_properties jsonb, metadata jsonb, content_hash text
)
WHERE n.metadata_id = r.id
"""

_PRESENT = """
feature_type = %s AND entity_id = %s
AND (%s::text[] IS NULL OR node_id = ANY(%s::text[]) OR (%s AND node_id IS NULL)) FOR UPDATE
"""


def sync_nodes(
    *,
    entity: NodeEntity,
    is_new: bool = False,
    rewrite: bool = False,
    among: Collection[str | None] | None = None,
) -> list[NodeMetadata]:
    """Make the node rows of `entity` say what the entity says; return those that changed.

    `is_new` says that the entity was created in this transaction: there is nothing to compare.
    `among` names the nodes that may have changed (None the entity's own), added and removed ones
    too; without it all are looked at.

    Rows are compared, not rewritten: a row that already agrees is left alone, so that links to it,
    its vector and its position in the index survive. Text that changed (all, with `rewrite`) is
    indexed at once and queued for embedding.

    What people set on a node itself is laid over what the entity says (`given.py`) and survives:
    the `given_` columns, `ai_agent_config` and a vector that was given are never written here. They
    go when the node goes.
    """
    feature = features.get(entity.feature_type)
    wanted = {
        description.node_id: description
        for description in feature.describe(entity)
        if among is None or description.node_id in among
    }
    present = {} if is_new else _present(entity, among)
    gone = [row.pk for node_id, row in present.items() if node_id not in wanted]
    if gone:
        NodeMetadata.objects.filter(pk__in=gone).delete()
    changed, rewritten = _write(entity, wanted, present, rewrite=rewrite)
    index_text(rewritten, is_new=is_new)
    return changed


def set_nodes_deleted(*, entity: NodeEntity) -> None:
    """Hide or show the nodes of `entity` as its own `deleted_at` says."""
    NodeMetadata.objects.of_entity(entity.feature_type, entity.pk).update(
        deleted_at=entity.deleted_at
    )


def _present(
    entity: NodeEntity, among: Collection[str | None] | None
) -> dict[str | None, NodeMetadata]:
    inside = None if among is None else [node_id for node_id in among if node_id is not None]
    itself = among is not None and None in among
    address = [entity.feature_type, entity.pk, inside, inside, itself]
    rows = read_rows(NodeMetadata, _PRESENT, address, without=["vector_embedding"])
    return {row.node_id: row for row in rows}


def _write(
    entity: NodeEntity,
    wanted: dict[str | None, NodeDescription],
    present: dict[str | None, NodeMetadata],
    *,
    rewrite: bool,
) -> tuple[list[NodeMetadata], list[tuple[NodeMetadata, NodeDescription]]]:
    created: list[NodeMetadata] = []
    updated: list[tuple[NodeMetadata, dict[str, Any]]] = []
    rewritten: list[tuple[NodeMetadata, NodeDescription]] = []
    for node_id, own in wanted.items():
        row = present.get(node_id)
        description = own if row is None else lay_over(own, row)
        values = _values(description)
        if row is None:
            row = NodeMetadata(
                organization_id=entity.organization_id,
                feature_type=entity.feature_type,
                entity_id=entity.pk,
                node_id=node_id,
                **values,
            )
            created.append(row)
            rewritten.append((row, description))
            continue
        if rewrite or row.content_hash != values["content_hash"]:
            rewritten.append((row, description))
        if _differs(row, values):
            updated.append((row, values))
    insert_rows(created)
    if updated:
        _update(updated)
    return created + [row for row, _ in updated], rewritten


def _update(rows: list[tuple[NodeMetadata, dict[str, Any]]]) -> None:
    now = timezone.now()
    for row, values in rows:
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = now
    written = json.dumps([{"id": row.pk, **values} for row, values in rows], default=str)
    with prepared_cursor() as cursor:
        cursor.execute(_UPDATE, [now, written])


def _values(description: NodeDescription) -> dict[str, Any]:
    x, y = description.position
    return {
        "node_type": description.node_type,
        "name": description.name[:255],
        "position_x": _coordinate(x),
        "position_y": _coordinate(y),
        "searchable": description.searchable,
        "search_text": description.summary,
        "search_keywords": list(description.keywords),
        "visual_properties": description.visual_properties,
        "metadata": description.metadata,
        "content_hash": content_hash(description),
    }


def _differs(row: NodeMetadata, values: dict[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _coordinate(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))
