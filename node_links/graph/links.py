"""Links as answers show them: both ends by name and type, the colour, strength and origin."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.kinds import LinkKind
from node_links.graph.nodes import Address, GraphLink, GraphNode, find_nodes

_COLUMNS = """
l.link_id, l.source_feature, l.source_entity_id, l.source_node_id,
l.target_feature, l.target_entity_id, l.target_node_id,
l.link_type, l.link_strength, l.origin, l.version_pin, l.visual_properties ->> 'color'
"""

# Links among the given entities; those inside one entity join nothing.
_AMONG = f"""
SELECT {_COLUMNS}
FROM unnest(%(features)s::text[], %(entities)s::uuid[]) AS s(feature, entity_id)
JOIN node_links l ON l.organization_id = %(organization)s
    AND l.source_feature = s.feature AND l.source_entity_id = s.entity_id
WHERE (l.target_feature, l.target_entity_id) IN (
        SELECT * FROM unnest(%(features)s::text[], %(entities)s::uuid[]))
    AND (l.source_feature, l.source_entity_id) <> (l.target_feature, l.target_entity_id)
    AND (%(types)s::text[] IS NULL OR l.link_type = ANY(%(types)s::text[]))
ORDER BY l.link_id
LIMIT %(limit)s
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as it is stored, before its ends have names."""

    id: UUID
    source: Address
    target: Address
    link_type: str
    link_strength: Decimal
    origin: str
    version_pin: str
    color: str | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> "LinkRow":
        """Return the link of a row of the columns above."""
        return cls(row[0], Address(*row[1:4]), Address(*row[4:7]), *row[7:12])


def links_among(
    actor: Actor, entities: Iterable[Address], *, types: Sequence[str] | None, limit: int
) -> list[LinkRow]:
    """Return links that join two of `entities`, the oldest first, at most `limit` of them."""
    keys = list(entities)
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "features": [key.feature for key in keys],
        "entities": [key.entity_id for key in keys],
        "types": types,
        "limit": limit,
    }
    with reader().cursor() as cursor:
        cursor.execute(_AMONG, parameters)
        return [LinkRow.of(row) for row in cursor.fetchall()]


def name_links(
    actor: Actor, rows: Sequence[LinkRow], kinds: Mapping[str, LinkKind], *addresses: Address
) -> tuple[list[GraphLink], dict[Address, GraphNode]]:
    """Return the links with their ends, and all nodes looked up for it: one query for all.

    `addresses` are looked up as well. A link that has lost an end meanwhile is left out.
    """
    ends = [end for row in rows for end in (row.source, row.target)]
    nodes = find_nodes(actor, [*addresses, *ends])
    links = [
        _named(row, nodes, kinds) for row in rows if row.source in nodes and row.target in nodes
    ]
    return links, nodes


def _named(
    row: LinkRow, nodes: Mapping[Address, GraphNode], kinds: Mapping[str, LinkKind]
) -> GraphLink:
    kind = kinds.get(row.link_type)
    return GraphLink(
        id=row.id,
        source=nodes[row.source],
        target=nodes[row.target],
        link_type=row.link_type,
        link_strength=float(row.link_strength),
        origin=row.origin,
        version_pin=row.version_pin,
        color=row.color or (kind.color if kind else None),
    )
