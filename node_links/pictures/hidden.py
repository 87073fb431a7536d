"""How many neighbours a truncated picture leaves out."""

from collections.abc import Sequence

from accounts.actors import Actor
from node_links.graph.adjacency import Direction, expand
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

    Counted are the neighbours of what is drawn nearer than `depth`; 0 for a complete subgraph.
    """
    if not subgraph.truncated:
        return 0
    drawn = {node.address.entity for node in subgraph.nodes}
    inner = {node.address for node in subgraph.nodes if 0 < node.distance < depth} | {root}
    most = len(drawn) + MOST_COUNTED + 1
    with limited_time():
        found = expand(actor, inner, direction=Direction.BOTH, types=types, limit=most)
    return min(len(found - drawn), MOST_COUNTED + 1)
