"""Reading React Flow documents: the outer shape, the ids, and what holds for any drawing."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import rustworkx
from pydantic import BaseModel, ValidationError

from config.exceptions import FieldError, ValidationFailed
from config.ids import uuid7
from node_links.canvas.faults import child, faults_of
from node_links.canvas.shapes import CanvasEdge, CanvasNode, Viewport

PARTS = frozenset({"nodes", "edges", "viewport"})
M = TypeVar("M", bound=BaseModel)


class Reading:
    """A document on its way in. Violations are gathered, so that all are told at once."""

    def __init__(self, document: Any) -> None:
        """Take the document apart. Raises `ValidationFailed` where it is no object."""
        if not isinstance(document, dict):
            raise ValidationFailed.of(
                "", "invalid", "An object {nodes, edges, viewport} is needed."
            )
        self.faults: list[FieldError] = []
        self.nodes = self._objects(document, "nodes")
        self.edges = self._objects(document, "edges")
        self.viewport = self._viewport(document.get("viewport"))
        self.extras = {key: value for key, value in document.items() if key not in PARTS}

    def refuse(self, pointer: str, code: str, message: str) -> None:
        """Keep one violation."""
        self.faults.append(FieldError(pointer, code, message))

    def read(self, model: type[M], value: dict[str, Any], pointer: str) -> M | None:
        """Return `value` as a `model`, or keep what is wrong with it."""
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self.faults += faults_of(error, pointer=pointer)
            return None

    def finish(self) -> None:
        """Raise `ValidationFailed` where anything was wrong."""
        if self.faults:
            raise ValidationFailed("The drawing breaks its own rules.", errors=self.faults)

    def _objects(self, document: dict[str, Any], part: str) -> list[tuple[str, dict[str, Any]]]:
        """Return (pointer, object with an id) for each member of a list of the document."""
        members = document.get(part, [])
        if not isinstance(members, list):
            self.refuse(f"/{part}", "null" if members is None else "invalid", "A list is needed.")
            return []
        found = []
        for index, member in enumerate(members):
            pointer = child("", part, index)
            if isinstance(member, dict):
                given = member.get("id")
                found.append((pointer, member if given else {**member, "id": str(uuid7())}))
            else:
                self.refuse(pointer, "invalid", "An object is needed.")
        return found

    def _viewport(self, value: Any) -> dict[str, Any]:
        read = self.read(Viewport, {} if value is None else value, "/viewport")
        return read.model_dump() if read else {}


def read_edges(reading: Reading) -> list[tuple[str, CanvasEdge]]:
    """Return (pointer, edge) of each edge that has the shape of one, ids and arrows unique."""
    edges = [
        (pointer, edge)
        for pointer, value in reading.edges
        if (edge := reading.read(CanvasEdge, value, pointer)) is not None
    ]
    refuse_repeated(reading, [(pointer, edge.id) for pointer, edge in edges], "edge")
    seen: dict[object, str] = {}
    for pointer, edge in edges:
        if edge.ends in seen:
            reading.refuse(
                pointer, "duplicate_edge", f"The edge {seen[edge.ends]} leads the same way."
            )
        seen.setdefault(edge.ends, edge.id)
    return edges


def refuse_repeated(reading: Reading, ids: Sequence[tuple[str, str]], what: str) -> None:
    """Keep a violation for each id that stands a second time."""
    seen: set[str] = set()
    for pointer, known in ids:
        if known in seen:
            reading.refuse(f"{pointer}/id", f"duplicate_{what}_id", f"The id {known} stands twice.")
        seen.add(known)


def find_cycle(arrows: Sequence[tuple[str, str]]) -> list[str]:
    """Return the ids on one directed cycle, the first repeated at the end; [] without any."""
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
    ids = dict.fromkeys(end for arrow in arrows for end in arrow)
    index = dict(zip(ids, graph.add_nodes_from(list(ids)), strict=True))
    graph.add_edges_from_no_data([(index[source], index[target]) for source, target in arrows])
    cycle = rustworkx.digraph_find_cycle(graph)
    return [graph[cycle[0][0]], *(graph[target] for _, target in cycle)] if cycle else []


def parents_first(nodes: Sequence[CanvasNode]) -> Iterator[CanvasNode]:
    """Yield the nodes in their order, but each parent before its children, as React Flow needs."""
    known = {node.id: node for node in nodes}
    done: set[str] = set()
    for node in nodes:
        parent = known.get(node.parent_id or "")
        for one in (parent, node):
            if one is not None and one.id not in done:
                done.add(one.id)
                yield one
