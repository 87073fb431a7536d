"""A shortest way from one node to another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.adjacency import Direction, Followed, walk
from node_links.graph.bounds import MAX_DEPTH, check_range, limited_time
from node_links.graph.kinds import LinkKind, check_types, link_kinds
from node_links.graph.links import ENDS, SHOWN, link_of
from node_links.graph.nodes import Address, GraphLink, GraphNode, require_nodes


@dataclass(frozen=True, slots=True)
class Path:
    """A shortest way: `nodes` are the entities on it from source to target, `links` join them.

    Where there is none of at most the allowed length, both are empty and `length` is None;
    `truncated` then says that the search was given up, so that there may be one after all.
    """

    source: GraphNode
    target: GraphNode
    nodes: list[GraphNode]
    links: list[GraphLink]
    length: int | None
    truncated: bool


_TAKEN = """
SELECT l.* FROM node_links l
WHERE l.organization_id = %(organization)s
    AND %({way})s::text[] IS NOT NULL
    AND (l.link_type = ANY(%({way})s::text[])) = %({way}_listed)s
    AND l.{here}_entity_id = h.here AND l.{there}_entity_id = h.there
    AND (h.here_node IS NULL OR l.{here}_node_id = h.here_node)
    AND (h.there_node IS NULL OR l.{there}_node_id = h.there_node)
"""
_FORTH = _TAKEN.format(way="along", here="source", there="target")
_BACK = _TAKEN.format(way="against", here="target", there="source")

# For each hop the strongest link that may be taken, in a direction in which it may be taken.
_HOPS = f"""
SELECT DISTINCT ON (h.number) {SHOWN}
FROM unnest(%(here)s::uuid[], %(there)s::uuid[], %(here_nodes)s::text[], %(there_nodes)s::text[])
    WITH ORDINALITY AS h (here, there, here_node, there_node, number)
CROSS JOIN LATERAL ({_FORTH} UNION ALL {_BACK}) l
{ENDS}
ORDER BY h.number, l.link_strength DESC, l.link_id
"""  # noqa: S608 - constants only


def shortest_path(
    *,
    actor: Actor,
    source: Address,
    target: Address,
    depth: int = 6,
    types: Iterable[str] | None = None,
    direction: str = Direction.BOTH,
) -> Path:
    """Return a shortest way from `source` to `target`; among several hops by the strongest links.

    Args:
        source, target: entities, or nodes inside them: then the way begins, or ends, with a link
            of that very node. Two nodes of one entity are no link apart.
        depth: 1..10 links at most.
        types: only links of these types; None for all.
        direction: `out` goes along the arrows, `in` against them, `both` either way.

    Raises:
        NotFound: an end is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    way = Direction.of(direction)
    check_range("depth", depth, 1, MAX_DEPTH)
    kinds = link_kinds(actor)
    followed = Followed.by(way, check_types(kinds, types))
    named = {node.address: node for node in require_nodes(actor, [source, target])}
    start, end = named[source], named[target]
    with limited_time():
        entities, truncated = walk(actor, source, target, followed=followed, depth=depth)
        if not entities:
            return Path(start, end, [], [], None, truncated)
        links = _hops(actor, entities, source, target, followed, kinds)
    met = [node for link in links for node in (link.source, link.target)] or [start]
    features = {node.entity_id: node.feature for node in met}
    on_the_way = require_nodes(actor, [Address(features[pk], pk) for pk in entities])
    nodes = [replace(node, distance=distance) for distance, node in enumerate(on_the_way)]
    return Path(start, end, nodes, links, len(links), truncated)


def _hops(
    actor: Actor,
    entities: Sequence[UUID],
    source: Address,
    target: Address,
    followed: Followed,
    kinds: Mapping[str, LinkKind],
) -> list[GraphLink]:
    hops = list(pairwise(entities))
    if not hops:
        return []
    inner: list[str | None] = [None] * (len(hops) - 1)
    parameters: dict[str, Any] = {
        **followed.parameters(),
        "organization": actor.tenant_id,
        "here": [here for here, _ in hops],
        "there": [there for _, there in hops],
        "here_nodes": [source.node_id, *inner],
        "there_nodes": [*inner, target.node_id],
    }
    with reader().cursor() as cursor:
        cursor.execute(_HOPS, parameters)
        return [link_of(row, kinds) for row in cursor.fetchall()]
