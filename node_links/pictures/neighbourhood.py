"""The neighbourhood of a node, read and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.actors import Actor
from config.exceptions import NotFound
from node_links.graph.nodes import Address
from node_links.graph.subgraph import Subgraph, subgraph
from node_links.pictures.drawing import AddressOf, draw_neighbourhood
from node_links.pictures.hidden import count_hidden
from node_links.pictures.picture import Picture

DEFAULT_DEPTH = 2
DEFAULT_LIMIT = 60
MAX_LIMIT = 300
"""More nodes than this nobody reads on one sheet."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What lies around a node, as data and as a picture."""

    subgraph: Subgraph
    hidden: int
    picture: Picture


def read_neighbourhood(
    *,
    actor: Actor,
    root: Address,
    address_of: AddressOf,
    depth: int = DEFAULT_DEPTH,
    types: Sequence[str] | None = None,
    limit: int = DEFAULT_LIMIT,
    headed: bool = True,
) -> Neighbourhood:
    """Return the neighbourhood of `root` that the actor may see.

    Arguments are those of `node_links.graph.subgraph.subgraph`, and `address_of` and `headed` those
    of `draw_neighbourhood`.

    Raises:
        NotFound: the node is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    found = subgraph(actor=actor, roots=[root], depth=depth, types=types, limit=limit)
    if not found.nodes:
        raise NotFound  # deleted while the links were being read
    hidden = count_hidden(actor=actor, subgraph=found, root=root, depth=depth, types=types)
    picture = draw_neighbourhood(
        subgraph=found, address_of=address_of, hidden=hidden, headed=headed
    )
    return Neighbourhood(found, hidden, picture)
