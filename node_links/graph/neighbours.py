"""What is one link away: each link with the entity at its other end."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.adjacency import Direction
from node_links.graph.bounds import MAX_LIMIT, check_range, limited_time
from node_links.graph.kinds import check_types, link_kinds
from node_links.graph.links import ENDS, SHOWN, WIDTH, link_of
from node_links.graph.nodes import Address, GraphLink, GraphNode, require_nodes


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One link of the start and the entity it leads to; `direction` is `out` or `in`."""

    direction: Direction
    node: GraphNode
    link: GraphLink


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The links of a node with what is at their other ends, the oldest link first."""

    node: GraphNode
    neighbours: list[Neighbour]
    truncated: bool


# The index holds an entity's links in the order of their ids: of 50 000 only the first are read.
# Those that lead to a deleted entity are passed over there, so that the page is full.
_SIDE = """
(SELECT '{direction}' AS direction, l.link_id,
    l.{there}_feature AS feature, l.{there}_entity_id AS entity_id
FROM node_links l
WHERE l.organization_id = %(organization)s AND l.{here}_entity_id = %(entity)s
    AND (%(node)s::text IS NULL OR l.{here}_node_id = %(node)s)
    AND l.source_entity_id <> l.target_entity_id
    AND (%(types)s::text[] IS NULL OR l.link_type = ANY(%(types)s::text[]))
    AND NOT EXISTS (
        SELECT FROM node_metadata m
        WHERE m.organization_id = %(organization)s AND m.entity_id = l.{there}_entity_id
            AND m.node_id IS NULL AND m.deleted_at IS NOT NULL)
ORDER BY l.link_id LIMIT %(limit)s)
"""
_OUT = _SIDE.format(direction="out", here="source", there="target")
_IN = _SIDE.format(direction="in", here="target", there="source")
_SIDES = {
    Direction.OUT: _OUT,
    Direction.IN: _IN,
    Direction.BOTH: f"{_OUT} UNION ALL {_IN} ORDER BY link_id LIMIT %(limit)s",
}
_SHOWN = f"""
SELECT p.direction, {SHOWN}, o.feature_type, o.entity_id, o.node_id, o.node_type, o.name, 1
FROM (%s) p
JOIN node_links l ON l.organization_id = %%(organization)s AND l.link_id = p.link_id
{ENDS}
JOIN node_metadata o ON o.feature_type = p.feature AND o.entity_id = p.entity_id
    AND o.node_id IS NULL AND o.deleted_at IS NULL
ORDER BY l.link_id
"""  # noqa: S608 - constants only
_STATEMENTS = {direction: _SHOWN % side for direction, side in _SIDES.items()}


def neighbours(
    *,
    actor: Actor,
    address: Address,
    direction: str = Direction.BOTH,
    types: Iterable[str] | None = None,
    limit: int = 100,
) -> Neighbours:
    """Return the links of a node and the entities at their other ends.

    Args:
        address: an entity: the links of it and of all nodes inside it; a node: its own links.
        direction: `out` (it is the source), `in` (it is the target) or `both`.
        types: only links of these types; None for all.
        limit: 1..1000 links.

    Raises:
        NotFound: the node is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    way = Direction.of(direction)
    check_range("limit", limit, 1, MAX_LIMIT)
    kinds = link_kinds(actor)
    wanted = check_types(kinds, types)
    (start,) = require_nodes(actor, [address])
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "entity": address.entity_id,
        "node": address.node_id,
        "types": wanted,
        "limit": limit + 1,
    }
    with limited_time(), reader().cursor() as cursor:
        cursor.execute(_STATEMENTS[way], parameters)
        rows = cursor.fetchall()
    found = [
        Neighbour(Direction(row[0]), GraphNode(*row[1 + WIDTH :]), link_of(row[1:], kinds))
        for row in rows[:limit]
    ]
    return Neighbours(start, found, len(rows) > limit)
