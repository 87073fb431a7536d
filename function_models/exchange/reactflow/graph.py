"""The graph as it was sent: nodes and edges with sound ids, and who stands inside whom."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from function_models.exchange.record import Finding

MAX_ID = 255
Part = dict[str, Any]


@dataclass(slots=True)
class Aside:
    """What has no place in the drawing, each with the reason; and what is told of the import."""

    nodes: list[Part] = field(default_factory=list)
    edges: list[Part] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def tell(self, code: str, message: str, place: str = "") -> None:
        """Keep a finding."""
        self.findings.append(Finding(code, message, place))

    def keep_node(self, node: Any, code: str, message: str) -> None:
        """Put a node aside."""
        self.nodes.append({"reason": code, "node": node})
        self.tell(code, message, _id_of(node))

    def keep_edge(self, edge: Any, code: str, message: str) -> None:
        """Put an edge aside."""
        self.edges.append({"reason": code, "edge": edge})
        self.tell(code, message, _id_of(edge))


@dataclass(slots=True)
class ForeignNode:
    """A node as it was sent. `known` is the id it has here, `parent` that of the node around it."""

    known: str
    node: Part
    parent: "ForeignNode | None" = None
    children: "list[ForeignNode]" = field(default_factory=list)
    is_linked: bool = False

    @property
    def data(self) -> Part:
        """What the node says; {} where that is no object."""
        data = self.node.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def kind(self) -> str:
        """The node's type; React Flow calls a node without one `default`."""
        return str(self.node.get("type") or "default")

    @property
    def top(self) -> "ForeignNode":
        """The outermost node around this one, or itself."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    def between(self) -> "Iterator[ForeignNode]":
        """Yield the nodes around this one, but for the outermost."""
        node = self.parent
        while node is not None and node.parent is not None:
            yield node
            node = node.parent


def read_nodes(members: list[Any], aside: Aside) -> dict[str, ForeignNode]:
    """Return the nodes by the ids they were sent with; of two equal ids the first is the one that
    edges and parents mean, the other is known as `id~2`.
    """
    found: dict[str, ForeignNode] = {}
    for index, member in enumerate(members):
        if not isinstance(member, dict):
            aside.keep_node(member, "not_an_object", "A node has to be an object.")
            continue
        sent = _id_of(member)
        known = _free(sent[:MAX_ID] or f"node-{index}", found)
        if known != sent:
            aside.tell("id_changed", f"The node {sent or index} is known as {known}.", known)
        found[known] = ForeignNode(known, member)
    _connect_parents(found, aside)
    return found


def _connect_parents(found: dict[str, ForeignNode], aside: Aside) -> None:
    for node in found.values():
        named = node.node.get("parentId", node.node.get("parentNode"))
        if named in (None, ""):
            continue
        parent = found.get(str(named))
        if parent is None:
            message = f"Its parent {named} is not there; it stands at the top level."
            aside.tell("parent_not_found", message, node.known)
        elif parent is node or node in _around(parent):
            message = "It would stand inside itself; it stands at the top level."
            aside.tell("parent_cycle", message, node.known)
        else:
            node.parent = parent
            parent.children.append(node)


def _around(node: ForeignNode) -> Iterator[ForeignNode]:
    above: ForeignNode | None = node
    while above is not None:
        yield above
        above = above.parent


def _free(wanted: str, taken: dict[str, Any]) -> str:
    number, known = 1, wanted
    while known in taken:
        number += 1
        known = f"{wanted[: MAX_ID - 8]}~{number}"
    return known


def _id_of(member: Any) -> str:
    sent = member.get("id") if isinstance(member, dict) else None
    return str(sent) if isinstance(sent, str | int) and not isinstance(sent, bool) else ""
