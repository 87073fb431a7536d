"""Edges of other tools as edges of ours: between containers, one of a kind, without a circle."""

from collections.abc import Mapping
from typing import Any

import rustworkx

from function_models.exchange.reactflow.graph import MAX_ID, Aside, ForeignNode, Part

_HANDLES = ("sourceHandle", "targetHandle")


class EdgeTranslation:
    """Takes edges one by one. What cannot be drawn stands aside, whole and with its reason."""

    def __init__(
        self, nodes: Mapping[str, ForeignNode], containers: set[str], aside: Aside
    ) -> None:
        """`containers` are the ids of the drawing's containers."""
        self.drawn: list[Part] = []
        self.inside: list[tuple[str, str]] = []
        self._nodes, self._containers, self._aside = nodes, containers, aside
        self._ids: set[str] = set()
        self._ends: set[tuple[Any, ...]] = set()
        self._graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph(check_cycle=True)
        self._index = {known: self._graph.add_node(known) for known in sorted(containers)}

    def take(self, edge: Any) -> None:
        """Draw an edge, or put it aside."""
        if not isinstance(edge, dict):
            self._aside.keep_edge(edge, "not_an_object", "An edge has to be an object.")
            return
        sent = [edge.get("source"), edge.get("target")]
        missing = [end for end in sent if str(end) not in self._nodes]
        if missing:
            message = f"There is no node {missing[0]}."
            self._aside.keep_edge(edge, "dangling_edge", message)
            return
        if sent[0] == sent[1]:
            self._aside.keep_edge(edge, "self_edge", "It leads back to the node it comes from.")
            return
        source, target = (self._container(str(end)) for end in sent)
        if source == target:
            self.inside.append((str(sent[0]), str(sent[1])))
            message = "Inside of a container the order of the actions says what it said."
            self._aside.keep_edge(edge, "inside_container", message)
            return
        self._draw(edge, source, target)

    def _container(self, known: str) -> str:
        return known if known in self._containers else self._nodes[known].top.known

    def _draw(self, edge: Part, source: str, target: str) -> None:
        handles = {key: _text(edge[key]) for key in _HANDLES if key in edge}
        ends = (source, target, *(handles.get(key) for key in _HANDLES))
        if ends in self._ends:
            self._aside.keep_edge(edge, "duplicate_edge", "Another edge leads the same way.")
            return
        try:
            self._graph.add_edge(self._index[source], self._index[target], None)
        except rustworkx.DAGWouldCycle:
            message = f"From {target} a way leads back to {source}; a process has no circles."
            self._aside.keep_edge(edge, "edge_cycle", message)
            return
        self._ends.add(ends)
        made = {**edge, **handles, "id": self._id(edge), "source": source, "target": target}
        changed = {key: edge.get(key) for key in made if made[key] != edge.get(key)}
        if changed:
            made["foreign"] = changed
            self._tell(changed, made)
        self.drawn.append(made)

    def _tell(self, changed: Part, made: Part) -> None:
        known = made["id"]
        if any(str(changed.get(end, made[end])) != made[end] for end in ("source", "target")):
            message = "Edges join containers: it leads to the container around its end."
            self._aside.tell("edge_lifted", message, known)
        if "id" in changed:
            self._aside.tell("id_changed", f"The edge {changed['id']} is known as {known}.", known)

    def _id(self, edge: Part) -> str:
        sent = edge.get("id")
        wanted = str(sent) if isinstance(sent, str | int) and str(sent) else ""
        wanted = wanted[:MAX_ID] or f"edge-{len(self.drawn)}"
        number, known = 1, wanted
        while known in self._ids:
            number += 1
            known = f"{wanted[: MAX_ID - 8]}~{number}"
        self._ids.add(known)
        return known


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
