"""Reading a drawing as a definition."""

from collections.abc import Mapping
from typing import Any

from node_links.canvas.documents import (
    Reading,
    find_cycle,
    parents_first,
    read_edges,
    refuse_repeated,
)
from node_links.canvas.shapes import CanvasEdge
from spindles.definitions.checking import (
    check_dependencies,
    check_kind,
    refuse_too_large,
    refuse_too_many,
)
from spindles.definitions.definition import Definition, Node, dependency_of, steps_of
from spindles.definitions.nodes import (
    ERROR_HANDLER,
    KIND_OF,
    NODES,
    TRIGGER,
    StepNode,
    TriggerNode,
)

Placed = list[tuple[str, Node]]


def parse_drawing(document: Any, *, stored: bool = False) -> Definition:
    """Read a React Flow document as a definition, filling in what is left out.

    A `stored` one was checked when it came in: kinds and parameters are not asked again. Raises
    `ValidationFailed` with every violation, each with a JSON pointer into the document.
    """
    reading = Reading(document)
    refuse_too_many(sum(node.get("type") != TRIGGER for _, node in reading.nodes), "/nodes")
    if not stored:
        refuse_too_large(document, "")
    nodes = _read_nodes(reading, stored=stored)
    refuse_repeated(reading, [(pointer, node.id) for pointer, node in nodes], "node")
    _check_parents(reading, nodes)
    edges = read_edges(reading)
    _check_ends(reading, edges, nodes)
    _complete_handlers([node for _, node in nodes], [edge for _, edge in edges])
    if not stored and not reading.faults:
        _check_steps(reading, nodes, edges)
    reading.finish()
    ordered = parents_first([node for _, node in nodes])
    return Definition(
        nodes=tuple(ordered),  # type: ignore[arg-type]  # order only
        edges=tuple(edge for _, edge in edges),
        viewport=reading.viewport,
        extras=reading.extras,
    )


def _read_nodes(reading: Reading, *, stored: bool) -> Placed:
    nodes: Placed = []
    for pointer, value in reading.nodes:
        model = NODES.get(value["type"]) if isinstance(value.get("type"), str) else None
        if model is None:
            code = "unknown_node_type" if value.get("type") is not None else "required"
            reading.refuse(f"{pointer}/type", code, f"One of {', '.join(NODES)} is needed.")
            continue
        node = reading.read(model, _with_defaults(value), pointer)
        if isinstance(node, StepNode) and not stored:
            check_kind(reading.refuse, node.data, f"{pointer}/data")
        if node is not None:
            nodes.append((pointer, node))
    return nodes


def _with_defaults(value: dict[str, Any]) -> dict[str, Any]:
    """Return a node with the kind of its family and its id as its name, where it has none."""
    data = value.get("data", {})
    if not isinstance(data, dict) or value["type"] == TRIGGER:
        return {**value, "data": data}
    if "kind" not in data and value["type"] in KIND_OF:
        data = {"kind": KIND_OF[value["type"]], **data}
    if not data.get("name"):
        data = {**data, "name": value["id"]}
    return {**value, "data": data}


def _check_parents(reading: Reading, nodes: Placed) -> None:
    drawn = {str(value["id"]) for _, value in reading.nodes}
    arrows = []
    for pointer, node in nodes:
        if node.parent_id is None:
            continue
        if node.parent_id in drawn:
            arrows.append((node.parent_id, node.id))
        else:
            message = f"There is no node {node.parent_id}."
            reading.refuse(f"{pointer}/parentId", "parent_not_found", message)
    cycle = find_cycle(arrows)
    if cycle:
        reading.refuse("/nodes", "parent_cycle", f"These hold each other: {' -> '.join(cycle)}.")


def _check_ends(reading: Reading, edges: list[tuple[str, CanvasEdge]], nodes: Placed) -> None:
    """Refuse ends that are not there; a node that is wrong itself is told as that alone."""
    drawn = {str(value["id"]) for _, value in reading.nodes}
    triggers = {node.id for _, node in nodes if isinstance(node, TriggerNode)}
    for pointer, edge in edges:
        for end, known, other in (
            ("source", edge.source, edge.target),
            ("target", edge.target, edge.source),
        ):
            if known not in drawn:
                message = f"An edge joins {other} with {known}, and there is no such node."
                reading.refuse(f"{pointer}/{end}", "unknown_dependency", message)
        if edge.source == edge.target:
            message = f"{edge.source} cannot depend on itself."
            reading.refuse(pointer, "self_dependency", message)
        if edge.target in triggers:
            reading.refuse(f"{pointer}/target", "trigger_has_edge", "Nothing leads to a trigger.")


def _check_steps(reading: Reading, nodes: Placed, edges: list[tuple[str, CanvasEdge]]) -> None:
    steps = list(steps_of([node for _, node in nodes], [edge for _, edge in edges]))
    places = _places(nodes, edges)

    def place_of(step: int, dependency: int) -> str:
        one = steps[step]
        return places[one.id, one.depends_on[dependency]]

    check_dependencies(reading.refuse, steps, place_of, whole="/edges")


def _places(nodes: Placed, edges: list[tuple[str, CanvasEdge]]) -> Mapping[tuple[str, str], str]:
    """Return where the edge of each dependency stands, by (step, dependency)."""
    drawn = {node.id: node for _, node in nodes if isinstance(node, StepNode)}
    places: dict[tuple[str, str], str] = {}
    for pointer, edge in edges:
        if edge.source in drawn:
            dependency = dependency_of(edge, drawn[edge.source])
            at = pointer if dependency.branch is None else f"{pointer}/sourceHandle"
            places.setdefault((edge.target, str(dependency)), at)
    return places


def _complete_handlers(nodes: list[Node], edges: list[CanvasEdge]) -> None:
    """Let error handlers that say nothing else run when a step they guard has failed."""
    for node in nodes:
        if not isinstance(node, StepNode) or node.type != ERROR_HANDLER:
            continue
        if "join" not in node.data.model_fields_set:
            node.data.join = "all_done"
        guarded = dict.fromkeys(edge.source for edge in edges if edge.target == node.id)
        if "condition" not in node.data.model_fields_set and guarded:
            failed = (f'steps["{known}"].status == "failed"' for known in guarded)
            node.data.condition = " || ".join(failed)
