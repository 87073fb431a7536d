"""Links as answers show them: both ends by name and type, the colour, strength and origin.

Every statement here begins its columns with `SHOWN` and joins the ends by `ENDS`: the foreign keys
lead to both names, so that nobody has to ask again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.kinds import LinkKind
from node_links.graph.nodes import Address, GraphLink, GraphNode

SHOWN = """
l.link_id, l.link_type, l.link_strength, l.origin, l.version_pin, l.visual_properties ->> 'color',
s.feature_type, s.entity_id, s.node_id, s.node_type, s.name,
t.feature_type, t.entity_id, t.node_id, t.node_type, t.name
"""
WIDTH = 16
"""How many columns `SHOWN` has."""

ENDS = """
JOIN node_metadata s ON s.metadata_id = l.source_id AND s.deleted_at IS NULL
JOIN node_metadata t ON t.metadata_id = l.target_id AND t.deleted_at IS NULL
"""

_AMONG = f"""
SELECT {SHOWN}
FROM unnest(%(entities)s::uuid[]) AS f (entity_id)
JOIN node_links l ON l.organization_id = %(organization)s AND l.source_entity_id = f.entity_id
{ENDS}
WHERE l.target_entity_id = ANY(%(entities)s::uuid[]) AND l.target_entity_id <> l.source_entity_id
    AND (%(types)s::text[] IS NULL OR l.link_type = ANY(%(types)s::text[]))
ORDER BY l.link_id
LIMIT %(limit)s
"""  # noqa: S608 - constants only


def links_among(
    actor: Actor,
    entities: Iterable[Address],
    kinds: Mapping[str, LinkKind],
    *,
    types: Sequence[str] | None,
    limit: int,
) -> list[GraphLink]:
    """Return links that join two of `entities`, the oldest first, at most `limit` of them."""
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "entities": [entity.entity_id for entity in entities],
        "types": types,
        "limit": limit,
    }
    with reader().cursor() as cursor:
        cursor.execute(_AMONG, parameters)
        return [link_of(row, kinds) for row in cursor.fetchall()]


def link_of(row: Sequence[Any], kinds: Mapping[str, LinkKind]) -> GraphLink:
    """Return the link of a row that begins with the columns `SHOWN`."""
    pk, link_type, strength, origin, pin, color = row[:6]
    kind = kinds.get(link_type)
    return GraphLink(
        id=pk,
        source=GraphNode(*row[6:11]),
        target=GraphNode(*row[11:16]),
        link_type=link_type,
        link_strength=float(strength),
        origin=origin,
        version_pin=pin,
        color=color or (kind.color if kind else None),
    )
