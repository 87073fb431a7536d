"""What the checks look at: the drawing, and what is known around it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import Action, IoNode, StageNode
from function_models.dependencies.graph import DependencyGraph


@dataclass(frozen=True, slots=True)
class Target:
    """What a node refers to, as the platform knows it.

    `live` says that there is something published or active to use; `deprecated` that it should no
    longer be used; `versions` holds the numbers that exist.
    """

    live: bool = True
    deprecated: bool = False
    versions: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Nesting:
    """How far models nest below the one in question: a way back to it, and the levels."""

    cycle: tuple[str, ...] = ()
    levels: int = 1


@dataclass(frozen=True)
class Subject:
    """A model to be checked.

    `targets` are the entities that nodes refer to and that are there, by (feature, id). `parties`
    are the names and ids that a responsibility may name besides `System`. `live_content` is the
    live version's content, where there is one. `metadata` is the model's own.
    """

    canvas: Canvas
    metadata: Mapping[str, Any] = field(default_factory=dict)
    permissions: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[tuple[str, str], Target] = field(default_factory=dict)
    nesting: Nesting = Nesting()
    parties: Set[str] = frozenset()
    content: Mapping[str, Any] | None = None
    live_content: Mapping[str, Any] | None = None
    major_step: bool = False

    @cached_property
    def graph(self) -> DependencyGraph:
        """What depends on what."""
        return DependencyGraph(self.canvas)

    @property
    def stages(self) -> list[StageNode]:
        """The stages."""
        return [node for node in self.canvas.containers if isinstance(node, StageNode)]

    @property
    def boundaries(self) -> list[IoNode]:
        """The IO nodes."""
        return [node for node in self.canvas.containers if isinstance(node, IoNode)]

    @property
    def inputs(self) -> list[IoNode]:
        """The IO nodes where data enter."""
        return [node for node in self.boundaries if node.data.boundary_type != "output"]

    @property
    def outputs(self) -> list[IoNode]:
        """The IO nodes where data leave."""
        return [node for node in self.boundaries if node.data.boundary_type != "input"]

    def actions_of(self, container_id: str) -> list[Action]:
        """Return the actions inside a container."""
        return self.canvas.actions_of(container_id)
