"""How far a change of one container reaches."""

from dataclasses import dataclass
from typing import Literal

from function_models.dependencies.graph import DependencyGraph

_LOW, _MEDIUM = 2, 5


@dataclass(frozen=True, slots=True)
class Cascade:
    """What depends on a container, directly or through others."""

    node_id: str
    dependents: list[str]
    impact: Literal["low", "medium", "high"]
    manual_review: bool


def cascade_of(graph: DependencyGraph, container_id: str) -> Cascade:
    """Return what a change of the container reaches: low up to 2, medium up to 5, else high."""
    dependents = graph.all_dependents_of(container_id)
    count = len(dependents)
    impact: Literal["low", "medium", "high"] = (
        "low" if count <= _LOW else "medium" if count <= _MEDIUM else "high"
    )
    return Cascade(container_id, dependents, impact, manual_review=count > _LOW)
