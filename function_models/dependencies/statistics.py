"""Figures of a drawing as a whole."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import CRITICAL_PRIORITY, StageNode, TetherData
from function_models.canvas.policies import cpu_units, memory_mb
from function_models.dependencies.graph import DependencyGraph
from function_models.dependencies.stages import StageFigures, figures_of

Scale = Literal["simple", "medium", "large", "enterprise"]
_SCALES: tuple[tuple[int, Scale], ...] = ((20, "simple"), (50, "medium"), (100, "large"))


@dataclass(frozen=True, slots=True)
class ResourceTotals:
    """What all tethers declare together: processors, MB, seconds."""

    cpu: float
    memory: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of a drawing. Durations in seconds, `completeness` in percent."""

    container_count: int
    action_count: int
    edge_count: int
    by_type: dict[str, int]
    by_status: dict[str, int]
    scale: Scale
    max_depth: int
    average_complexity: float
    completeness: float
    complexity: float
    maintainability: int
    critical_path: list[str]
    critical_path_duration: float
    critical_duration: float
    resource_totals: ResourceTotals
    stages: list[StageFigures]


def scale_of(nodes: int) -> Scale:
    """Return how large a drawing with so many containers and actions is."""
    return next((name for limit, name in _SCALES if nodes < limit), "enterprise")


def statistics_of(canvas: Canvas) -> Statistics:
    """Return the figures of a drawing."""
    graph = DependencyGraph(canvas)
    containers = canvas.containers
    dependencies = [len(graph.dependencies_of(container.id)) for container in containers]
    actions = [len(canvas.actions_of(container.id)) for container in containers]
    hardness = [0.5 * d + 0.3 * a for d, a in zip(dependencies, actions, strict=True)]
    depth = len(graph.critical_path)
    past_draft = sum(node.data.status != "draft" for node in canvas.nodes)
    return Statistics(
        container_count=len(containers),
        action_count=len(canvas.actions),
        edge_count=len(canvas.edges),
        by_type=dict(Counter(node.type for node in canvas.nodes)),
        by_status=dict(Counter(node.data.status for node in canvas.nodes)),
        scale=scale_of(len(canvas.nodes)),
        max_depth=depth,
        average_complexity=round(_mean(hardness), 2),
        completeness=round(100 * past_draft / len(canvas.nodes), 2) if canvas.nodes else 0.0,
        complexity=min(round(_mean(dependencies) * 20, 2), 100),
        maintainability=max(100 - depth * 10, 0),
        critical_path=graph.critical_path,
        critical_path_duration=graph.critical_path_duration,
        critical_duration=sum(
            action.data.estimated_duration or 0
            for action in canvas.actions
            if action.data.priority >= CRITICAL_PRIORITY
        ),
        resource_totals=resource_totals(canvas),
        stages=[
            figures_of(stage, canvas.actions_of(stage.id))
            for stage in containers
            if isinstance(stage, StageNode)
        ],
    )


def resource_totals(canvas: Canvas) -> ResourceTotals:
    """Return what the tethers declare together; what none declares counts nothing."""
    needs = [
        action.data.resource_requirements
        for action in canvas.actions
        if isinstance(action.data, TetherData) and action.data.resource_requirements
    ]
    return ResourceTotals(
        cpu=sum(cpu_units(need.cpu) for need in needs if need.cpu is not None),
        memory=sum(memory_mb(need.memory) for need in needs if need.memory is not None),
        timeout=sum(need.timeout for need in needs if need.timeout is not None),
    )


def _mean(values: list[float] | list[int]) -> float:
    return sum(values) / len(values) if values else 0.0
