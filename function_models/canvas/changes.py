"""What happened between two states of a drawing, as the events that tell of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import Action, Container
from node_links.canvas.comparison import node_changes, object_changes
from node_links.canvas.shapes import CanvasEdge

# Statuses and contexts have events of their own; dependencies follow the edges, which have theirs.
_TOLD_ELSEWHERE = frozenset({"status", "dependencies", "context"})


@dataclass(frozen=True, slots=True)
class Told:
    """One event to record; `node_id` is the node it is about."""

    event_type: str
    data: dict[str, Any]
    node_id: str | None = None


def changes_between(old: Canvas, new: Canvas) -> list[Told]:
    """Return the events that lead from `old` to `new`; [] where nothing changed that counts.

    A removed container takes its actions along, which is told once, with the container. What the
    drawing as a whole shows (viewport, looks of edges, other keys) is a change of the model.
    """
    return [*_removed(old, new), *_nodes(old, new), *_edges(old, new), *_rest(old, new)]


def _removed(old: Canvas, new: Canvas) -> Iterator[Told]:
    gone = [node for node in old.nodes if node.id not in new.by_id]
    containers = {node.id for node in gone if isinstance(node, Container)}
    for node in gone:
        if isinstance(node, Container):
            inside = [a.id for a in old.actions_of(node.id) if a.id not in new.by_id]
            data = {"node_type": node.type, "name": node.data.name, "removed_actions": inside}
            yield Told("ContainerNodeRemoved", data, node.id)
        elif node.parent_id not in containers:
            yield Told("ActionNodeRemoved", _action(node), node.id)


def _nodes(old: Canvas, new: Canvas) -> Iterator[Told]:
    for node in new.nodes:
        before = old.by_id.get(node.id)
        if before is None:
            yield _added(node)
            continue
        if before == node:
            continue
        changes = node_changes(before.as_document(), node.as_document(), ignored=_TOLD_ELSEWHERE)
        if changes:
            kind = "Container" if isinstance(node, Container) else "Action"
            named = "node_type" if isinstance(node, Container) else "action_type"
            data = {named: node.type, "name": node.data.name, "changes": changes}
            yield Told(f"{kind}NodeUpdated", data, node.id)
        if before.data.context != node.data.context:
            keys = sorted(object_changes(before.data.context, node.data.context))
            yield Told("NodeContextUpdated", {"target_node_id": node.id, "keys": keys}, node.id)
        if before.data.status != node.data.status:
            data = {
                "node_type": node.type,
                "name": node.data.name,
                "previous_status": before.data.status,
                "status": node.data.status,
            }
            yield Told("NodeStatusChanged", data, node.id)


def _added(node: Container | Action) -> Told:
    data: dict[str, Any]
    if isinstance(node, Container):
        position = {"x": node.position.x, "y": node.position.y}
        data = {"node_type": node.type, "name": node.data.name, "position": position}
        return Told("ContainerNodeAdded", data, node.id)
    data = {
        **_action(node),
        "execution_mode": node.data.execution_mode,
        "execution_order": node.data.execution_order,
        "priority": node.data.priority,
    }
    return Told("ActionNodeAdded", data, node.id)


def _action(node: Action) -> dict[str, Any]:
    return {"action_type": node.type, "name": node.data.name, "parent_id": node.parent_id}


def _edges(old: Canvas, new: Canvas) -> Iterator[Told]:
    before = {edge.id: edge for edge in old.edges}
    after = {edge.id: edge for edge in new.edges}
    for edge in old.edges:
        if edge.id not in after or after[edge.id].ends != edge.ends:
            yield Told("EdgeRemoved", _ends(edge))
    for edge in new.edges:
        if edge.id not in before or before[edge.id].ends != edge.ends:
            yield Told("EdgeAdded", _ends(edge))


def _ends(edge: CanvasEdge) -> dict[str, Any]:
    return {"edge_id": edge.id, "source": edge.source, "target": edge.target}


def _rest(old: Canvas, new: Canvas) -> Iterator[Told]:
    before = {edge.id: edge for edge in old.edges}
    changes = object_changes(
        {**old.extras, "viewport": old.viewport}, {**new.extras, "viewport": new.viewport}
    )
    for edge in new.edges:
        known = before.get(edge.id)
        if known is not None and known.ends == edge.ends and known != edge:
            looks = {"old": known.as_document(), "new": edge.as_document()}
            changes[f"edges/{edge.id}"] = looks
    order = [[node.id for node in canvas.nodes] for canvas in (old, new)]
    if sorted(order[0]) == sorted(order[1]) and order[0] != order[1]:
        changes["order"] = {"old": order[0], "new": order[1]}
    if changes:
        yield Told("FunctionModelUpdated", {"changes": changes})
