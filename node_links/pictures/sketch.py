"""What is drawn, in the order in which it is drawn: points numbered from 0, and arrows."""

from collections.abc import Sequence
from dataclasses import dataclass

from node_links.graph.nodes import Address, GraphLink, GraphNode
from node_links.graph.subgraph import Subgraph


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link between two points, by their numbers."""

    source: int
    target: int
    link: GraphLink


@dataclass(frozen=True, slots=True)
class Sketch:
    """The points, nearest first, and the arrows between them; the same each time it is made."""

    nodes: Sequence[GraphNode]
    arrows: Sequence[Arrow]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Each two points that are joined, once, the lower number first."""
        return sorted({(min(a.source, a.target), max(a.source, a.target)) for a in self.arrows})


def make_sketch(subgraph: Subgraph) -> Sketch:
    """Return the sketch of a subgraph.

    Its points are entities: a link that names a node inside one ends at the entity. Links with an
    end outside the picture, and links inside one entity, are left out.
    """
    nodes: dict[Address, GraphNode] = {}
    for node in sorted(subgraph.nodes, key=_order):
        nodes.setdefault(node.address.entity, node)
    numbers = {key: number for number, key in enumerate(nodes)}
    arrows = []
    for link in sorted(subgraph.links, key=lambda one: (one.link_type, str(one.id))):
        source = numbers.get(link.source.address.entity)
        target = numbers.get(link.target.address.entity)
        if source is not None and target is not None and source != target:
            arrows.append(Arrow(source, target, link))
    return Sketch(list(nodes.values()), arrows)


def _order(node: GraphNode) -> tuple[int, str, str, str]:
    return node.distance, node.feature, node.name, str(node.entity_id)
