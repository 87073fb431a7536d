"""How many neighbours a truncated picture leaves out."""

from collections.abc import Sequence

from accounts.actors import Actor
from node_links.graph.adjacency import Direction, Followed, reach
from node_links.graph.bounds import limited_time
from node_links.graph.nodes import Address
from node_links.graph.subgraph import Subgraph

MOST_COUNTED = 1000
"""Beyond this nobody counts on: a hub may have any number of neighbours."""


def count_hidden(
    *,
    actor: Actor,
    subgraph: Subgraph,
    root: Address,
    depth: int,
    types: Sequence[str] | None = None,
) -> int:
    """Return how many entities within reach were left out, one more than `MOST_COUNTED` at most.

    0 for a complete subgraph.
    """
    if not subgraph.truncated:
        return 0
    others = sum(node.address != root.entity for node in subgraph.nodes)
    followed = Followed.by(Direction.BOTH, types)
    with limited_time():
        around = reach(
            actor, [root], followed=followed, depth=depth, room=0, most=others + MOST_COUNTED
        )
    return min(max(around.total - others, 0), MOST_COUNTED + 1)
