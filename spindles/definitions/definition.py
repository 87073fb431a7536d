"""A definition without contradictions, whichever way it came in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from node_links.canvas.shapes import CanvasEdge
from spindles.definitions.nodes import StepNode, TriggerNode
from spindles.definitions.params import outcomes_of
from spindles.definitions.steps import Dependency, StepDefinition

Node = StepNode | TriggerNode


@dataclass(frozen=True)
class Definition:
    """The nodes in the order of the document, and the edges: `a -> b` means b depends on a."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[CanvasEdge, ...] = ()
    viewport: dict[str, Any] = field(default_factory=lambda: {"x": 0, "y": 0, "zoom": 1})
    extras: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def steps(self) -> tuple[StepDefinition, ...]:
        """The steps in their order of declaration."""
        return tuple(steps_of(self.nodes, self.edges))

    @cached_property
    def triggers(self) -> list[dict[str, Any]]:
        """What starts runs, as the API tells it."""
        return [
            {"id": node.id, **node.data.model_dump(exclude_unset=True)}
            for node in self.nodes
            if isinstance(node, TriggerNode)
        ]

    def as_document(self) -> dict[str, Any]:
        """Return `{nodes, edges, viewport, …}` as a client sees it."""
        return {
            **self.extras,
            "nodes": [node.as_document() for node in self.nodes],
            "edges": [edge.as_document() for edge in self.edges],
            "viewport": self.viewport,
        }


def dependency_of(edge: CanvasEdge, source: StepNode) -> Dependency:
    """Return what the target of an edge depends on.

    A handle names a branch where the source has branches; elsewhere it is a matter of drawing.
    """
    handle = edge.source_handle
    if handle is not None and outcomes_of(source.data.kind, source.data.params):
        return Dependency(source.id, handle)
    return Dependency(source.id)


def steps_of(nodes: Iterable[Node], edges: Iterable[CanvasEdge]) -> Iterator[StepDefinition]:
    """Yield the steps that are drawn, in the order of their nodes."""
    drawn = {node.id: node for node in nodes if isinstance(node, StepNode)}
    waits: dict[str, dict[str, None]] = {node_id: {} for node_id in drawn}
    for edge in edges:
        if edge.source in drawn and edge.target in drawn:
            waits[edge.target][str(dependency_of(edge, drawn[edge.source]))] = None
    for node in drawn.values():
        # What was read is not checked again.
        data = {name: getattr(node.data, name) for name in type(node.data).model_fields}
        yield StepDefinition.model_construct(id=node.id, depends_on=list(waits[node.id]), **data)
