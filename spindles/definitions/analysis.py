"""Figures of a definition that follow from its steps alone."""

from collections.abc import Sequence
from typing import Any

from spindles.definitions.graph import StepGraph
from spindles.definitions.steps import StepDefinition

AVERAGE_SECONDS = 60.0


def analyse(steps: Sequence[StepDefinition], *, average: float = AVERAGE_SECONDS) -> dict[str, Any]:
    """Return order, levels, roots, dependents, critical path, its estimate and the parallelism.

    `average` is how many seconds a step takes.
    """
    graph = StepGraph(steps)
    return {
        "order": graph.order,
        "levels": graph.levels,
        "roots": graph.roots,
        "dependents": {step.id: graph.dependents(step.id) for step in steps},
        "critical_path": graph.critical_path,
        "estimated_seconds": len(graph.critical_path) * average,
        "max_parallelism": graph.max_parallelism,
    }
