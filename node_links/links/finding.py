"""Finding the nodes at given addresses."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from node_links.links.drafts import Address

# Two branches, because no index serves a comparison that takes nulls for equal.
_FIND = """
WITH asked AS (
    SELECT * FROM unnest(%(features)s::text[], %(entities)s::uuid[], %(nodes)s::text[])
        AS t(feature, entity, node)
)
SELECT a.feature, a.entity, a.node, n.metadata_id FROM asked a
JOIN node_metadata n ON n.feature_type = a.feature AND n.entity_id = a.entity AND n.node_id IS NULL
WHERE a.node IS NULL AND n.organization_id = %(organization)s AND n.deleted_at IS NULL
UNION ALL
SELECT a.feature, a.entity, a.node, n.metadata_id FROM asked a
JOIN node_metadata n ON n.feature_type = a.feature AND n.entity_id = a.entity AND n.node_id = a.node
WHERE n.organization_id = %(organization)s AND n.deleted_at IS NULL
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
