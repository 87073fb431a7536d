"""The drawing as a whole: read, checked for what would break it, and written back."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from function_models.canvas.nodes import (
    ACTIONS,
    CONTAINERS,
    Action,
    Container,
    ContainerData,
    StageData,
)
from node_links.canvas.comparison import same_json
from node_links.canvas.documents import (
    Reading,
    find_cycle,
    parents_first,
    read_edges,
    refuse_repeated,
)
from node_links.canvas.shapes import CanvasEdge

KINDS: dict[str, type[Container | Action]] = {**CONTAINERS, **ACTIONS}
_INHERITED_MODES = ("sequential", "parallel")


@dataclass(frozen=True)
class Canvas:
    """A drawing without contradictions: ids unique, parents and ends there, no cycle.

    Nodes stand in the order of the document, each parent before its children. An edge says that
    its target depends on its source.
    """

    nodes: tuple[Container | Action, ...] = ()
    edges: tuple[CanvasEdge, ...] = ()
    viewport: dict[str, Any] = field(default_factory=lambda: {"x": 0, "y": 0, "zoom": 1})
    extras: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, Container | Action]:
        """Every node by its id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The nodes that carry the flow."""
        return tuple(node for node in self.nodes if isinstance(node, Container))

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The nodes that do the work."""
        return tuple(node for node in self.nodes if isinstance(node, Action))

    @cached_property
    def _children(self) -> dict[str | None, list[Action]]:
        children: dict[str | None, list[Action]] = defaultdict(list)
        for action in self.actions:
            children[action.parent_id].append(action)
        return children

    def actions_of(self, container_id: str) -> list[Action]:
        """Return the actions inside a container, in the order of the document."""
        return self._children.get(container_id, [])

    def as_document(self) -> dict[str, Any]:
        """Return `{nodes, edges, viewport, …}` as a client sees it."""
        return {
            **self.extras,
            "nodes": [node.as_document() for node in self.nodes],
            "edges": [edge.as_document() for edge in self.edges],
            "viewport": self.viewport,
        }


Known = Mapping[str, tuple[dict[str, Any], Container | Action]]
"""Nodes that were read before, by id, with the documents they were read from."""


def parse_canvas(
    document: Any,
    *,
    model_id: str = "",
    statuses: Mapping[str, str] | None = None,
    known: Known | None = None,
) -> Canvas:
    """Read a React Flow document as the drawing of the model `model_id`.

    `statuses` are those of the nodes that are there already, by id: the server keeps them, and
    what a client sends for them is ignored. Defaults are filled in. A node that says what it said
    in `known` is not read again. Raises `ValidationFailed` with every violation, each with a JSON
    pointer into the document.
    """
    reading = Reading(document)
    nodes = _read_nodes(reading, statuses or {}, known or {})
    refuse_repeated(reading, [(pointer, node.id) for pointer, node in nodes], "node")
    by_id = {node.id: node for _, node in nodes}
    drawn = {str(value["id"]) for _, value in reading.nodes}
    _check_parents(reading, nodes, by_id, drawn, model_id)
    edges = read_edges(reading)
    _check_ends(reading, edges, by_id, drawn)
    reading.finish()
    _inherit(nodes, by_id)
    _note_dependencies([edge for _, edge in edges], by_id)
    return Canvas(
        nodes=tuple(parents_first([node for _, node in nodes])),  # type: ignore[arg-type]  # order only
        edges=tuple(edge for _, edge in edges),
        viewport=reading.viewport,
        extras=reading.extras,
    )


Nodes = list[tuple[str, Container | Action]]


def _read_nodes(reading: Reading, statuses: Mapping[str, str], known: Known) -> Nodes:
    nodes: Nodes = []
    for pointer, value in reading.nodes:
        before = known.get(value["id"]) if isinstance(value["id"], str) else None
        if before is not None and same_json(before[0], value):
            same = before[1]
            if same.data.status == statuses.get(same.id, "draft"):
                nodes.append((pointer, _again(same)))
                continue
        kind = KINDS.get(value["type"]) if isinstance(value.get("type"), str) else None
        if kind is None:
            code = "unknown_node_type" if value.get("type") is not None else "required"
            reading.refuse(f"{pointer}/type", code, f"One of {', '.join(KINDS)} is needed.")
            continue
        node = reading.read(kind, _with_status(value, statuses), pointer)
        if node is not None:
            nodes.append((pointer, node))
    return nodes


def _again(node: Container | Action) -> Container | Action:
    """Return the node as it was read before edges were looked at."""
    if isinstance(node, Action):
        return node
    data = node.data.model_copy(update={"dependencies": []})
    return node.model_copy(update={"data": data})


def _with_status(value: dict[str, Any], statuses: Mapping[str, str]) -> dict[str, Any]:
    data = value.get("data")
    if not isinstance(data, dict):
        return value
    ours = {"status": statuses.get(str(value["id"]), "draft")}
    if value["type"] in CONTAINERS:
        ours["dependencies"] = []  # type: ignore[assignment]  # filled in from the edges
    return {**value, "data": {**data, **ours}}


def _check_parents(
    reading: Reading,
    nodes: Nodes,
    by_id: Mapping[str, Container | Action],
    drawn: set[str],
    model_id: str,
) -> None:
    for pointer, node in nodes:
        at = f"{pointer}/parentId"
        if isinstance(node, Container):
            if node.parent_id is not None:
                reading.refuse(at, "container_has_parent", "A container stands at the top level.")
            continue
        parent = by_id.get(node.parent_id or "")
        if node.parent_id is None:
            reading.refuse(at, "parent_required", "An action stands inside a container.")
        elif node.parent_id not in drawn:
            reading.refuse(at, "parent_not_found", f"There is no node {node.parent_id}.")
        elif isinstance(parent, Action):
            reading.refuse(at, "parent_not_container", f"{parent.id} is no container.")
        if node.type == "functionModelContainer" and node.data.nested_model_id == model_id != "":
            reading.refuse(
                f"{pointer}/data/nested_model_id", "nested_self", "A model cannot nest itself."
            )


def _check_ends(
    reading: Reading,
    edges: list[tuple[str, CanvasEdge]],
    by_id: Mapping[str, Container | Action],
    drawn: set[str],
) -> None:
    """Refuse ends that are no containers; a node that is wrong itself is told as that alone."""
    for pointer, edge in edges:
        if edge.source == edge.target:
            reading.refuse(pointer, "self_edge", "An edge leads to another node.")
        for end, known in (("source", edge.source), ("target", edge.target)):
            node = by_id.get(known)
            if known not in drawn:
                reading.refuse(
                    f"{pointer}/{end}", "edge_end_not_found", f"There is no node {known}."
                )
            elif isinstance(node, Action):
                reading.refuse(
                    f"{pointer}/{end}", "edge_end_not_container", "Edges join containers."
                )
    cycle = find_cycle([(e.source, e.target) for _, e in edges if e.source != e.target])
    if cycle:
        reading.refuse("/edges", "edge_cycle", f"These depend on each other: {' -> '.join(cycle)}.")


def _inherit(nodes: Nodes, by_id: Mapping[str, Container | Action]) -> None:
    """Give actions that say nothing of it the mode and retries of their container, and an order.

    What is drawn later has these as its own: a change of the container does not reach it.
    """
    last: dict[str | None, int] = defaultdict(int)
    for _, node in nodes:
        if isinstance(node, Action) and "execution_order" in node.data.model_fields_set:
            last[node.parent_id] = max(last[node.parent_id], node.data.execution_order)
    for _, node in nodes:
        if not isinstance(node, Action):
            continue
        parent = by_id[node.parent_id or ""].data
        if "execution_mode" not in node.data.model_fields_set and isinstance(parent, ContainerData):
            mode = parent.execution_type
            node.data.execution_mode = mode if mode in _INHERITED_MODES else "sequential"
        if "retry_policy" not in node.data.model_fields_set and isinstance(parent, StageData):
            node.data.retry_policy = parent.retry_policy or node.data.retry_policy
        if "execution_order" not in node.data.model_fields_set:
            last[node.parent_id] += 1
            node.data.execution_order = last[node.parent_id]


def _note_dependencies(edges: list[CanvasEdge], by_id: Mapping[str, Container | Action]) -> None:
    for edge in edges:
        data = by_id[edge.target].data
        if isinstance(data, ContainerData) and edge.source not in data.dependencies:
            data.dependencies.append(edge.source)
