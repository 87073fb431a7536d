"""What depends on what among steps: levels, chains, ancestors, and how many may run at once."""

from collections.abc import Sequence
from functools import cached_property

import rustworkx

from spindles.definitions.matching import maximum_matching
from spindles.definitions.steps import StepDefinition


class StepGraph:
    """Steps without a cycle among them. Ids are answered in order of execution."""

    def __init__(self, steps: Sequence[StepDefinition]) -> None:
        """Take the steps in their order of declaration."""
        self.steps = steps
        self._graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
        index = dict(
            zip(
                (step.id for step in steps),
                self._graph.add_nodes_from([step.id for step in steps]),
                strict=True,
            )
        )
        self._index = index
        arrows = {(d.step_id, step.id) for step in steps for d in step.dependencies}
        self._graph.add_edges_from_no_data(
            [(index[source], index[target]) for source, target in sorted(arrows)]
        )

    @cached_property
    def _depth(self) -> dict[str, int]:
        """How many steps the longest chain to each step has before it."""
        depth: dict[str, int] = {}
        for one in rustworkx.topological_sort(self._graph):
            before = self._graph.predecessors(one)
            depth[self._graph[one]] = max((depth[known] + 1 for known in before), default=0)
        return depth

    @cached_property
    def levels(self) -> list[list[str]]:
        """Steps by their longest distance from a root, the higher priority first in each."""
        depth = self._depth
        levels: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        # Sorting is stable: among equals the order of declaration stays.
        for step in sorted(self.steps, key=lambda step: -step.priority):
            levels[depth[step.id]].append(step.id)
        return levels

    @cached_property
    def order(self) -> list[str]:
        """A topological order: by level, then priority, then declaration."""
        return [known for level in self.levels for known in level]

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {known: place for place, known in enumerate(self.order)}

    @property
    def roots(self) -> list[str]:
        """The steps that depend on nothing."""
        return self.levels[0] if self.levels else []

    def dependents(self, step_id: str) -> list[str]:
        """Return the steps that depend on this one directly."""
        found = set(self._graph.successors(self._index[step_id]))
        return sorted(found, key=self._rank.__getitem__)

    def ancestors(self, step_id: str) -> set[str]:
        """Return the steps that this one depends on, directly or not."""
        found = rustworkx.ancestors(self._graph, self._index[step_id])
        return {self._graph[known] for known in found}

    @cached_property
    def critical_path(self) -> list[str]:
        """The longest chain counted in steps; of several, the first in order."""
        height: dict[str, int] = {}
        for known in reversed(self.order):
            height[known] = 1 + max((height[one] for one in self.dependents(known)), default=0)
        path: list[str] = []
        choices = self.roots
        while choices:
            tallest = max(height[known] for known in choices)
            chosen = next(known for known in choices if height[known] == tallest)
            path.append(chosen)
            choices = self.dependents(chosen)
        return path

    @cached_property
    def max_parallelism(self) -> int:
        """How many steps the largest set has of which none depends on another.

        By Dilworth's theorem as many as chains are needed to cover all steps: their number less a
        maximum matching between steps and what follows them, directly or not (Fulkerson 1956).
        """
        after: dict[str, int] = {}
        place = {step.id: index for index, step in enumerate(self.steps)}
        for known in reversed(self.order):
            follows = 0
            for one in self.dependents(known):
                follows |= after[one] | 1 << place[one]
            after[known] = follows
        return len(self.steps) - maximum_matching([after[step.id] for step in self.steps])
