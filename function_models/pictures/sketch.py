"""What is to be drawn: the nodes of one drawing, or of two at once with what differs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import Action, Container
from function_models.comparison import Comparison
from node_links.canvas.shapes import CanvasEdge, CanvasPosition

ADDED, REMOVED, MODIFIED, MOVED = "added", "removed", "modified", "moved"
Node = Container | Action
CHANGES = (ADDED, REMOVED, MODIFIED, MOVED)


@dataclass(frozen=True, slots=True)
class Part:
    """A node with its change, '' for none.

    `keys` names what was modified; `was` is where the node stood where that differs.
    """

    node: Node
    change: str = ""
    keys: Sequence[str] = ()
    was: CanvasPosition | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge between two containers, by their numbers."""

    source: int
    target: int
    label: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class Sketch:
    """The containers in the order of the document, the actions inside each, and the arrows."""

    containers: Sequence[Part]
    inside: Mapping[str, Sequence[Part]]
    arrows: Sequence[Arrow]
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def parts(self) -> Iterable[Part]:
        """Every container, each followed by its actions."""
        for container in self.containers:
            yield container
            yield from self.inside.get(container.node.id, ())


def make_sketch(canvas: Canvas) -> Sketch:
    """Return the sketch of one drawing."""
    return _sketch([Part(node) for node in canvas.nodes], [(edge, "") for edge in canvas.edges])


def compare_sketches(old: Canvas, new: Canvas, found: Comparison) -> Sketch:
    """Return the sketch of the new drawing together with what the old one had besides.

    `found` is the comparison of the same two by meaning. An action that went away with its
    container stays inside it; one that went to another container is drawn there.
    """
    sections = (found.containers, found.actions)
    news = {known for section in sections for known in section.added}
    gone = {known for section in sections for known in section.removed}
    changes = {one["id"]: sorted(one["changes"]) for part in sections for one in part.modified}
    parts = [
        Part(node, ADDED)
        if node.id in news
        else _kept(node, old.by_id[node.id], changes.get(node.id, []))
        for node in new.nodes
    ]
    parts += [Part(node, REMOVED) for node in old.nodes if node.id in gone]
    added, removed = set(found.edges.added), set(found.edges.removed)
    edges = [(edge, ADDED if edge.id in added else "") for edge in new.edges]
    edges += [(edge, REMOVED) for edge in old.edges if edge.id in removed]
    return _sketch(parts, edges)


def _kept(node: Node, before: Node, changed: Sequence[str]) -> Part:
    same_place = before.position == node.position or before.parent_id != node.parent_id
    was = None if same_place else before.position
    if changed:
        return Part(node, MODIFIED, changed, was)
    return Part(node, MOVED if was else "", (), was)


def _sketch(parts: Sequence[Part], edges: Sequence[tuple[CanvasEdge, str]]) -> Sketch:
    containers = [part for part in parts if isinstance(part.node, Container)]
    numbers = {part.node.id: number for number, part in enumerate(containers)}
    inside: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        if isinstance(part.node, Action):
            inside[part.node.parent_id or ""].append(part)
    arrows: dict[tuple[int, int, str], Arrow] = {}
    for edge, change in edges:
        source, target = numbers[edge.source], numbers[edge.target]
        arrow = Arrow(source, target, _label(edge), change)
        # Edges that differ in their handles alone are one arrow on paper.
        arrows.setdefault((source, target, change), arrow)
    counts = {name: sum(part.change == name for part in parts) for name in CHANGES}
    return Sketch(
        containers,
        {known: _in_order(actions) for known, actions in inside.items()},
        list(arrows.values()),
        {name: count for name, count in counts.items() if count},
    )


def _in_order(actions: Sequence[Part]) -> list[Part]:
    return sorted(actions, key=_execution_order)


def _execution_order(part: Part) -> int:
    return part.node.data.execution_order if isinstance(part.node, Action) else 0


def _label(edge: CanvasEdge) -> str:
    label = (edge.model_extra or {}).get("label")
    return label if isinstance(label, str) else ""
