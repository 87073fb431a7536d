"""Reading a list of steps, and drawing it: what was drawn already keeps its place and its looks."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from pydantic import ValidationError

from config.exceptions import FieldError, ValidationFailed
from config.ids import uuid7
from node_links.canvas.faults import faults_of
from node_links.canvas.fields import MAX_COORDINATE
from spindles.definitions.checking import (
    check_dependencies,
    check_kind,
    refuse_repeated,
    refuse_too_large,
    refuse_too_many,
)
from spindles.definitions.definition import Definition, dependency_of
from spindles.definitions.graph import StepGraph
from spindles.definitions.nodes import (
    ERROR_HANDLER,
    TRIGGER,
    StepNode,
    TriggerNode,
    family_of,
)
from spindles.definitions.steps import STEP_KEYS, Dependency, StepDefinition

Part = dict[str, Any]
COLUMN, ROW = 260, 120
"""How far apart steps are drawn that nobody has placed."""


def parse_steps(value: Any) -> list[StepDefinition]:
    """Read a list of steps; those that were read before are taken as they are.

    Raises `ValidationFailed` with every violation, below `/steps`.
    """
    if isinstance(value, list) and all(isinstance(one, StepDefinition) for one in value):
        return value
    if not isinstance(value, list):
        code = "null" if value is None else "invalid"
        raise ValidationFailed.of("/steps", code, "A list of steps is needed.")
    refuse_too_many(len(value), "/steps")
    refuse_too_large(value, "/steps")
    faults: list[FieldError] = []

    def refuse(pointer: str, code: str, message: str) -> None:
        faults.append(FieldError(pointer, code, message))

    steps = []
    for index, member in enumerate(value):
        at = f"/steps/{index}"
        try:
            step = StepDefinition.model_validate(member)
        except ValidationError as error:
            faults += faults_of(error, pointer=at)
            continue
        check_kind(refuse, step, at)
        steps.append(step)
    if len(steps) == len(value):
        refuse_repeated(refuse, [step.id for step in steps])
        check_dependencies(refuse, steps, lambda i, j: f"/steps/{i}/depends_on/{j}", whole="/steps")
    if faults:
        raise ValidationFailed("The steps break their own rules.", errors=faults)
    return steps


def draw_steps(before: Definition, steps: Sequence[StepDefinition]) -> Part:
    """Return the drawing `before` with `steps` as its steps.

    Nodes that stay keep their place, their looks and the keys that are not ours; edges that stay
    keep everything. New steps stand in columns, by level.
    """
    document = before.as_document()
    drawn = {node["id"]: node for node in document["nodes"]}
    kept = {node.id for node in before.nodes if isinstance(node, TriggerNode)}
    wanted = {step.id for step in steps}
    places = _places(steps)
    nodes = [node for node in document["nodes"] if node["id"] in kept - wanted]
    nodes += [_node(step, drawn.get(step.id), places[step.id]) for step in steps]
    alive = {node["id"] for node in nodes}
    nodes = [on_top(node, alive, drawn) for node in nodes]
    return {**document, "nodes": nodes, "edges": _edges(before, document["edges"], steps, alive)}


def draw_triggers(before: Definition, triggers: Sequence[Part]) -> Part:
    """Return the drawing `before` with these triggers, each with its `id`, as its triggers."""
    document = before.as_document()
    drawn = {node["id"]: node for node in document["nodes"] if node["type"] == TRIGGER}
    nodes = [
        {
            "position": {"x": -COLUMN, "y": ROW * index},
            **drawn.get(one["id"], {}),
            "id": one["id"],
            "type": TRIGGER,
            "data": {key: value for key, value in one.items() if key != "id"},
        }
        for index, one in enumerate(triggers)
    ]
    nodes += [node for node in document["nodes"] if node["type"] != TRIGGER]
    alive = {node["id"] for node in nodes}
    edges = [e for e in document["edges"] if {e["source"], e["target"]} <= alive]
    return {**document, "nodes": nodes, "edges": edges}


def _node(step: StepDefinition, before: Part | None, place: Part) -> Part:
    written = step.model_dump(include=set(STEP_KEYS))
    if before is None or before["type"] == TRIGGER:
        return {
            "id": step.id, "type": family_of(step.kind), "position": place, "data": written
        }  # fmt: skip
    family = before["type"]
    if before["data"]["kind"] != step.kind and family != ERROR_HANDLER:
        family = family_of(step.kind)
    return {**before, "type": family, "data": {**before["data"], **written}}


def _places(steps: Sequence[StepDefinition]) -> dict[str, Part]:
    """Return where each step stands; many stand closer, so that all are inside the plane."""
    levels = StepGraph(steps).levels
    column = _distance(COLUMN, len(levels))
    row = _distance(ROW, max(map(len, levels), default=0))
    return {
        known: {"x": column * across, "y": row * down}
        for across, level in enumerate(levels)
        for down, known in enumerate(level)
    }


def _distance(wanted: int, count: int) -> int:
    return min(wanted, MAX_COORDINATE // max(1, count - 1))


def on_top(node: Part, alive: Set[str], drawn: Mapping[str, Part]) -> Part:
    """Return a node whose parents are gone at the top level, where it stood before."""
    while node.get("parentId") is not None and node["parentId"] not in alive:
        parent = drawn[node["parentId"]]
        sums = {axis: node["position"][axis] + parent["position"][axis] for axis in ("x", "y")}
        inside = {
            axis: max(-MAX_COORDINATE, min(MAX_COORDINATE, place)) for axis, place in sums.items()
        }
        position = {**node["position"], **inside}
        node = {**node, "position": position, "parentId": parent.get("parentId")}
    return {key: value for key, value in node.items() if key != "parentId" or value is not None}


def _edges(
    before: Definition, documents: list[Part], steps: Sequence[StepDefinition], alive: set[str]
) -> list[Part]:
    drawn = {node.id: node for node in before.nodes if isinstance(node, StepNode)}
    known: dict[tuple[str, str], list[Part]] = {}
    others = []
    for edge, document in zip(before.edges, documents, strict=True):
        if edge.source in drawn and edge.target in drawn:
            dependency = dependency_of(edge, drawn[edge.source])
            known.setdefault((edge.target, str(dependency)), []).append(document)
        elif {edge.source, edge.target} <= alive:
            others.append(document)
    edges: list[Part] = []
    for step in steps:
        for dependency in step.dependencies:
            edges += known.get((step.id, str(dependency))) or [_edge(dependency, step.id)]
    return _with_own_ids([*edges, *others])


def _edge(dependency: Dependency, target: str) -> Part:
    edge = {"id": f"{dependency}->{target}", "source": dependency.step_id, "target": target}
    return edge if dependency.branch is None else {**edge, "sourceHandle": dependency.branch}


def _with_own_ids(edges: Iterable[Part]) -> list[Part]:
    """Return the edges with another id for each that somebody else has already."""
    seen: set[str] = set()
    found = []
    for edge in edges:
        known = edge["id"] if len(edge["id"]) <= 255 and edge["id"] not in seen else str(uuid7())
        seen.add(known)
        found.append({**edge, "id": known})
    return found
