"""The part of the graph around some nodes, as it is drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from node_links.graph.adjacency import Direction, Followed, reach
from node_links.graph.bounds import MAX_DEPTH, MAX_LIMIT, check_range, limited_time
from node_links.graph.kinds import check_types, link_kinds
from node_links.graph.links import links_among
from node_links.graph.nodes import Address, GraphLink, GraphNode, find_nodes, require_nodes

MAX_ROOTS = 100
LINKS_PER_NODE = 10
"""The links shown are bounded as well: at most so many for each node that may be shown."""


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Entities, nearest first, and the links that join them.

    `nodes` are entities: the roots have `distance` 0. The ends of a link may name a node inside
    such an entity. `truncated` says that nodes or links were left out because of a limit.
    """

    nodes: list[GraphNode]
    links: list[GraphLink]
    truncated: bool


def subgraph(
    *,
    actor: Actor,
    roots: Sequence[Address],
    depth: int = 1,
    types: Iterable[str] | None = None,
    direction: str = Direction.BOTH,
    limit: int = 200,
) -> Subgraph:
    """Return the entities within `depth` links of `roots`, and every link that joins two of them.

    Args:
        roots: 1..100 nodes; one inside an entity narrows the first step to its own links.
        depth: 0..10 links.
        types: only links of these types; None for all.
        direction: `out`, `in` or `both`: which links lead on.
        limit: 1..1000 entities; the roots are always among them.

    Raises:
        NotFound: a root is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    way = Direction.of(direction)
    check_range("depth", depth, 0, MAX_DEPTH)
    check_range("limit", limit, 1, MAX_LIMIT)
    if not 1 <= len(roots) <= MAX_ROOTS:
        raise ValidationFailed.of("?roots", "max_length", f"Name 1 to {MAX_ROOTS} roots.")
    kinds = link_kinds(actor)
    wanted = check_types(kinds, types)
    started = require_nodes(actor, [*roots, *(root.entity for root in roots)])
    starts = {node.address: node for node in started if node.node_id is None}
    room = max(limit - len(starts), 0)
    most = limit * LINKS_PER_NODE
    with limited_time():
        followed = Followed.by(way, wanted)
        around = reach(actor, roots, followed=followed, depth=depth, room=room, most=room)
        near = starts | find_nodes(actor, around.distances)
        links = links_among(actor, near, kinds, types=wanted, limit=most + 1)
    nodes = [replace(node, distance=around.distances.get(place, 0)) for place, node in near.items()]
    return Subgraph(nodes, links[:most], around.truncated or len(links) > most)
