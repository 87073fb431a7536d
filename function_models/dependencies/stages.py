"""How hard a stage is, how long it takes and what it needs, as far as the drawing tells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from function_models.canvas.nodes import Action, Container, StageData, StageNode

_BASE_SECONDS = {"milestone": 10, "gateway": 30, "checkpoint": 60, "process": 300}
_MOST_SIDE_BY_SIDE = 4
_MANY_ACTIONS = 3
_LEAST_MEMORY_MB = 128
_MEMORY_MB_AN_ACTION = 64


@dataclass(frozen=True, slots=True)
class StageFigures:
    """Figures of one stage; times in seconds, memory in MB."""

    node_id: str
    name: str
    complexity: float
    estimated_duration: int
    cpu_intensive: bool
    memory: int
    network_calls: int
    disk_operations: int


def complexity_of(stage: StageData) -> float:
    """Return 1, plus log2 of the concurrency, 0.5 per goal, 0.3 per criterion, to one decimal."""
    complexity = 1.0 + 0.5 * len(stage.stage_goals) + 0.3 * len(stage.completion_criteria)
    if _concurrency(stage) > 1:
        complexity += math.log2(_concurrency(stage))
    return round(complexity, 1)


def duration_of(stage: StageData) -> int:
    """Return the seconds that the stage itself takes: by its type, shared out, times complexity."""
    base = _BASE_SECONDS[stage.stage_type] / min(_concurrency(stage), _MOST_SIDE_BY_SIDE)
    return round(base * complexity_of(stage))


def figures_of(stage: StageNode, actions: Sequence[Action]) -> StageFigures:
    """Return the figures of a stage with the actions inside it."""
    return StageFigures(
        node_id=stage.id,
        name=stage.data.name,
        complexity=complexity_of(stage.data),
        estimated_duration=duration_of(stage.data),
        cpu_intensive=stage.data.execution_type == "parallel" or len(actions) > _MANY_ACTIONS,
        memory=max(_LEAST_MEMORY_MB, _MEMORY_MB_AN_ACTION * len(actions)),
        network_calls=len(actions),
        disk_operations=len(actions) // 2,
    )


def estimate_seconds(container: Container | Action, actions: Sequence[Action]) -> float:
    """Return what a container and its actions are estimated to take, in seconds."""
    own = duration_of(container.data) if isinstance(container.data, StageData) else 0
    return own + sum(action.data.estimated_duration or 0 for action in actions)


def _concurrency(stage: StageData) -> int:
    return stage.parallelism_config.max_concurrency if stage.parallelism_config else 1
