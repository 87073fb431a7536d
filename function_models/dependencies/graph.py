"""The graph of containers: levels, order, the longest chain, all cycles.

Algorithms are rustworkx's: topological sorting, longest path in a directed acyclic graph, and
Johnson's enumeration of elementary circuits (SIAM J. Comput. 4, 1975).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import rustworkx

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import Container
from function_models.dependencies.stages import estimate_seconds

MAX_CYCLES = 1000


@dataclass(frozen=True)
class DependencyGraph:
    """The containers of a drawing and which of them depend on which.

    A container's level is 0 without dependencies, else one above the highest of theirs.
    """

    canvas: Canvas

    @cached_property
    def _graph(self) -> "rustworkx.PyDiGraph[Container, None]":
        graph: rustworkx.PyDiGraph[Container, None] = rustworkx.PyDiGraph(multigraph=False)
        containers = self.canvas.containers
        index = dict(
            zip((c.id for c in containers), graph.add_nodes_from(list(containers)), strict=True)
        )
        graph.add_edges_from_no_data(
            [(index[edge.source], index[edge.target]) for edge in self.canvas.edges]
        )
        return graph

    @cached_property
    def _index(self) -> dict[str, int]:
        return {self._graph[position].id: position for position in self._graph.node_indices()}

    @cached_property
    def level_of(self) -> dict[str, int]:
        """The level of each container, by id."""
        levels: dict[str, int] = {}
        for position in rustworkx.topological_sort(self._graph):
            before = self._graph.predecessors(position)
            levels[self._graph[position].id] = max((levels[c.id] + 1 for c in before), default=0)
        return levels

    @cached_property
    def order(self) -> list[Container]:
        """The containers by level, then higher priority, then position in the document."""
        containers = enumerate(self.canvas.containers)
        ranked = sorted(
            containers, key=lambda one: (self.level_of[one[1].id], -one[1].data.priority, one[0])
        )
        return [container for _, container in ranked]

    @cached_property
    def levels(self) -> list[list[str]]:
        """The ids on each level, in order. Two or more on one level may run side by side."""
        levels: list[list[str]] = [[] for _ in range(max(self.level_of.values(), default=-1) + 1)]
        for container in self.order:
            levels[self.level_of[container.id]].append(container.id)
        return levels

    @property
    def parallel_levels(self) -> list[int]:
        """The numbers of the levels with two or more containers."""
        return [number for number, ids in enumerate(self.levels) if len(ids) > 1]

    @cached_property
    def critical_path(self) -> list[str]:
        """The longest chain, counted in containers; among equals, the first in order."""
        length: dict[str | None, int] = {None: 0}
        before: dict[str, str | None] = {}
        for container in self.order:
            known = self.dependencies_of(container.id)
            before[container.id] = max(known, key=length.__getitem__, default=None)
            length[container.id] = length[before[container.id]] + 1
        last = max(length, key=length.__getitem__)
        chain = []
        while last is not None:
            chain.append(last)
            last = before[last]
        return chain[::-1]

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {container.id: rank for rank, container in enumerate(self.order)}

    @property
    def critical_path_duration(self) -> float:
        """What the containers of the longest chain and their actions are estimated to take, in
        seconds."""
        return sum(
            estimate_seconds(self.canvas.by_id[known], self.canvas.actions_of(known))
            for known in self.critical_path
        )

    def dependencies_of(self, container_id: str) -> list[str]:
        """Return the ids that a container directly depends on, in order."""
        return self._in_order(self._graph.predecessors(self._index[container_id]))

    def dependents_of(self, container_id: str) -> list[str]:
        """Return the ids that directly depend on a container, in order."""
        return self._in_order(self._graph.successors(self._index[container_id]))

    def all_dependents_of(self, container_id: str) -> list[str]:
        """Return the ids that depend on a container, directly or through others, in order."""
        reached = rustworkx.descendants(self._graph, self._index[container_id])
        return self._in_order([self._graph[position] for position in reached])

    def all_dependencies_of(self, container_id: str) -> list[str]:
        """Return the ids that a container depends on, directly or through others, in order."""
        reached = rustworkx.ancestors(self._graph, self._index[container_id])
        return self._in_order([self._graph[position] for position in reached])

    def reachable_from(self, container_ids: Sequence[str]) -> set[str]:
        """Return the ids to which a path of edges leads from `container_ids`, these included."""
        reached = set(container_ids)
        for known in container_ids:
            reached.update(self.all_dependents_of(known))
        return reached

    def _in_order(self, containers: Sequence[Container]) -> list[str]:
        return sorted((container.id for container in containers), key=self._rank.__getitem__)


def all_cycles(arrows: Sequence[tuple[str, str]], *, limit: int = MAX_CYCLES) -> list[list[str]]:
    """Return the elementary cycles among `arrows`, at most `limit`, each beginning with its
    smallest id; shorter ones first."""
    return sorted(islice(_cycles(arrows), limit), key=lambda cycle: (len(cycle), cycle))


def _cycles(arrows: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph(multigraph=False)
    ids = dict.fromkeys(end for arrow in arrows for end in arrow)
    index = dict(zip(ids, graph.add_nodes_from(list(ids)), strict=True))
    graph.add_edges_from_no_data([(index[source], index[target]) for source, target in arrows])
    for cycle in rustworkx.simple_cycles(graph):
        names = [graph[position] for position in cycle]
        first = names.index(min(names))
        yield [*names[first:], *names[:first]]
