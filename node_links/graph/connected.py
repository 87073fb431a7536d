"""What is connected with a node at all, within some links, and how far away it is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from accounts.actors import Actor
from node_links.graph.adjacency import Direction, Followed, Reached, reach
from node_links.graph.bounds import MAX_DEPTH, MAX_LIMIT, check_range, limited_time
from node_links.graph.kinds import check_types, link_kinds
from node_links.graph.nodes import Address, GraphNode, find_nodes, require_nodes


@dataclass(frozen=True, slots=True)
class Connected:
    """The entities within some links of `node`, nearest first; `node` itself is not among them.

    `total` and `by_feature` count all that were reached, `nodes` are at most `limit` of them.
    """

    node: GraphNode
    nodes: list[GraphNode]
    total: int
    by_feature: dict[str, int]
    truncated: bool


def connected(
    *,
    actor: Actor,
    address: Address,
    depth: int = 2,
    types: Iterable[str] | None = None,
    direction: str = Direction.BOTH,
    limit: int = 100,
) -> Connected:
    """Return the entities within `depth` links of a node.

    The equally near come in the order of the strength that leads to them (the product along the
    strongest of the shortest ways), then by id.

    Args:
        address: an entity, or a node inside one: then the first step takes its own links only.
        depth: 1..10 links.
        types: only links of these types; None for all.
        direction: `out`, `in` or `both`: which links lead on.
        limit: 1..1000 entities shown.

    Raises:
        NotFound: the node is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    way = Direction.of(direction)
    check_range("depth", depth, 1, MAX_DEPTH)
    check_range("limit", limit, 1, MAX_LIMIT)
    wanted = check_types(link_kinds(actor), types) if types else None
    (start,) = require_nodes(actor, [address])
    with limited_time():
        followed = Followed.by(way, wanted)
        around = reach(actor, [address], followed=followed, depth=depth, room=limit)
        nodes = nearest(actor, around)
    return Connected(start, nodes, around.total, around.by_feature, around.truncated)


def nearest(actor: Actor, around: Reached) -> list[GraphNode]:
    """Return the entities of a walk by name, nearest first, in one query."""
    named = find_nodes(actor, around.distances)
    return [replace(node, distance=around.distances[key]) for key, node in named.items()]
