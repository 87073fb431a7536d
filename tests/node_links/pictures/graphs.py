"""Neighbourhoods for pictures, and pictures as they are read back."""

from collections.abc import Sequence
from uuid import UUID
from xml.etree import ElementTree
from zlib import crc32

from node_links.graph.nodes import GraphLink, GraphNode
from node_links.graph.subgraph import Subgraph

SVG = "{http://www.w3.org/2000/svg}"
BLUE, RED = "#3B82F6", "#EF4444"


def node(number: int, name: str = "", *, distance: int = 0, **values: str | None) -> GraphNode:
    """Return a node; by default an SOP named `Node <number>`."""
    given = {"feature": "knowledge-base", "node_id": None, "node_type": "sop", **values}
    return GraphNode(
        str(given["feature"]), UUID(int=number), given["node_id"], str(given["node_type"]),
        name or f"Node {number}", distance,
    )  # fmt: skip


def link(
    source: GraphNode,
    target: GraphNode,
    link_type: str = "references",
    *,
    strength: float = 0.5,
    origin: str = "manual",
    color: str | None = BLUE,
) -> GraphLink:
    """Return a link; each two ends and type make one link."""
    number = crc32(f"{source.entity_id} {target.entity_id} {link_type}".encode())
    return GraphLink(UUID(int=number), source, target, link_type, strength, origin, "latest", color)


def star(leaves: int, *, truncated: bool = False) -> Subgraph:
    """Return a node with so many neighbours, every other of which points at it."""
    root = node(1, "Hub")
    outer = [node(n + 2, distance=1) for n in range(leaves)]
    links = [link(root, leaf) if n % 2 else link(leaf, root) for n, leaf in enumerate(outer)]
    return Subgraph([root, *outer], links, truncated)


def address_of(found: GraphNode) -> str:
    """Return where a click leads in tests."""
    return f"/nodes/{found.entity_id.int}/?a=1&b=2"


def parse(svg: str) -> ElementTree.Element:
    """Return the document, which has to be well-formed XML."""
    return ElementTree.fromstring(svg)  # noqa: S314 -- made by us


def style_of(svg: str) -> str:
    """Return the style sheet inside the picture."""
    return parse(svg).findtext(f"{SVG}style", "")


def texts(svg: str) -> list[str]:
    """Return all words of the picture, in the order of the document."""
    return [found.text or "" for found in parse(svg).iter(f"{SVG}text")]


def hints(svg: str) -> list[str]:
    """Return what is told when something is pointed at; the first is the picture's title."""
    return [found.text or "" for found in parse(svg).iter(f"{SVG}title")]


def lines(svg: str) -> Sequence[ElementTree.Element]:
    """Return the lines of the links."""
    return [path for path in parse(svg).iter(f"{SVG}path") if path.get("class") == "nlp-line"]
