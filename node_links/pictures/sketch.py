"""What is drawn, in the order in which it is drawn: points numbered from 0, and arrows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

Key = tuple[str, UUID]
"""(feature, entity id): the points of the graph are entities."""


class Address(Protocol):
    """An end of a link."""

    @property
    def feature(self) -> str:
        """The feature of the entity."""

    @property
    def entity_id(self) -> UUID:
        """The entity."""

    @property
    def node_id(self) -> str | None:
        """The node inside it that the link is tied to, None for the entity itself."""


class Node(Address, Protocol):
    """A node of the neighbourhood."""

    @property
    def node_type(self) -> str:
        """What kind of node it is within its feature."""

    @property
    def name(self) -> str:
        """What people call it; may be empty, and may hold anything that was typed."""

    @property
    def status(self) -> str | None:
        """Where it stands in its life cycle, where that is known."""

    @property
    def distance(self) -> int:
        """Steps from the node asked about, which has 0."""


class Link(Protocol):
    """A link between two of the nodes."""

    @property
    def id(self) -> UUID:
        """The link."""

    @property
    def source(self) -> Address:
        """Where the arrow begins."""

    @property
    def target(self) -> Address:
        """Where it ends."""

    @property
    def link_type(self) -> str:
        """What it means."""

    @property
    def link_strength(self) -> Decimal | float:
        """How strong it is, 0 to 1."""

    @property
    def origin(self) -> str:
        """Who made it: `manual`, `derived` or `runtime`."""

    @property
    def color(self) -> str | None:
        """The colour of its type, `#rrggbb`."""


class Subgraph(Protocol):
    """A neighbourhood, as traversal returns it."""

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes, the one asked about among them."""

    @property
    def links(self) -> Sequence[Link]:
        """The links between them."""

    @property
    def truncated(self) -> bool:
        """Whether there is more than was asked for."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link between two points, by their numbers."""

    source: int
    target: int
    link: Link


@dataclass(frozen=True, slots=True)
class Sketch:
    """The points, nearest first, and the arrows between them; the same each time it is made."""

    nodes: Sequence[Node]
    arrows: Sequence[Arrow]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Each two points that are joined, once, the lower number first."""
        return sorted({(min(a.source, a.target), max(a.source, a.target)) for a in self.arrows})


def key_of(end: Address) -> Key:
    """Return the point that an end of a link belongs to."""
    return end.feature, end.entity_id


def make_sketch(subgraph: Subgraph) -> Sketch:
    """Return the sketch of a subgraph.

    Two nodes of one entity are one point. Links with an end outside the picture, and links inside
    one entity, are left out.
    """
    nodes: dict[Key, Node] = {}
    for node in sorted(subgraph.nodes, key=_order):
        nodes.setdefault(key_of(node), node)
    numbers = {key: number for number, key in enumerate(nodes)}
    arrows = []
    for link in sorted(subgraph.links, key=lambda one: (one.link_type, str(one.id))):
        source, target = numbers.get(key_of(link.source)), numbers.get(key_of(link.target))
        if source is not None and target is not None and source != target:
            arrows.append(Arrow(source, target, link))
    return Sketch(list(nodes.values()), arrows)


def _order(node: Node) -> tuple[int, str, str, str]:
    return node.distance, node.feature, node.name, str(node.entity_id)
