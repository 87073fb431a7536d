"""Finding the nodes at given addresses."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from node_links.links.drafts import Address

# Two branches, because no index serves a comparison that takes nulls for equal; and one look into
# the index for each address, whatever the planner thinks of a table that has just been filled.
_FIND = """
SELECT a.feature, a.entity, a.node, n.metadata_id
FROM unnest(%(features)s::text[], %(entities)s::uuid[], %(nodes)s::text[])
    AS a(feature, entity, node)
CROSS JOIN LATERAL (
    (SELECT metadata_id FROM node_metadata
    WHERE a.node IS NULL AND feature_type = a.feature AND entity_id = a.entity
        AND node_id IS NULL AND organization_id = %(organization)s AND deleted_at IS NULL LIMIT 1)
    UNION ALL
    (SELECT metadata_id FROM node_metadata
    WHERE feature_type = a.feature AND entity_id = a.entity AND node_id = a.node
        AND organization_id = %(organization)s AND deleted_at IS NULL LIMIT 1)
) AS n
"""


def find_nodes(*, organization_id: UUID, addresses: Iterable[Address]) -> dict[Address, UUID]:
    """Return the key of the living node at each address; those without one are left out.

    One statement, whatever their number.
    """
    # What PostgreSQL cannot hold is nobody's name.
    asked = [one for one in set(addresses) if "\x00" not in (one.node_id or "")]
    if not asked:
        return {}
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "features": [one.feature for one in asked],
        "entities": [one.entity_id for one in asked],
        "nodes": [one.node_id for one in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND, parameters)
        return {Address(*row[:3]): row[3] for row in cursor.fetchall()}
