"""The two steps of a container: one opens it, one closes it under the container's own id.

The opening step waits for what the container depends on and asks its condition; the actions belong
to it. The closing step waits until all of them have settled, and is the container's outcome.
"""

from function_models.canvas.nodes import Container, IoNode, StageData
from function_models.dependencies.graph import DependencyGraph
from spindles.plans.plan import Group, Step

DEFAULT_CONCURRENCY = 4
_ASLEEP = ("inactive", "archived")


def opening_id(container_id: str) -> str:
    """Return the id of the step that opens a container; `#` keeps it apart from drawn ids."""
    return f"{container_id}#open"


def opening_step(container: Container, graph: DependencyGraph) -> Step:
    """Return the step that decides whether the container runs."""
    conditional = container.data.execution_type == "conditional"
    return Step(
        id=opening_id(container.id),
        kind="container_open",
        name=container.data.name,
        depends_on=tuple(graph.dependencies_of(container.id)),
        condition=container.data.condition if conditional else None,
        timeout=0,
        priority=container.data.priority,
        inactive=container.data.status in _ASLEEP,
        internal=True,
    )


def closing_step(
    container: Container, graph: DependencyGraph, actions: tuple[str, ...], inside: tuple[str, ...]
) -> Step:
    """Return the step that is the container's outcome: failed where one of its actions is.

    `actions` are ids in the order of execution, `inside` those of all steps in the container.
    """
    params: dict[str, object] = {
        "opening": opening_id(container.id),
        "actions": list(actions),
        "releases": [step_id for step_id in inside if step_id not in actions],
    }
    if isinstance(container, IoNode):
        contract = container.data.output_data_contract or {}
        params |= {
            "boundary_type": container.data.boundary_type,
            "dependencies": graph.dependencies_of(container.id),
            "properties": sorted(contract.get("properties", {})),
        }
    return Step(
        id=container.id,
        kind="container_close",
        name=container.data.name,
        params=params,
        depends_on=(opening_id(container.id), *inside),
        join="all_done",
        closes=opening_id(container.id),
        timeout=container.data.timeout,
        priority=container.data.priority,
    )


def group_of(container: Container) -> Group:
    """Return how many actions of the container run side by side."""
    limit = DEFAULT_CONCURRENCY
    if isinstance(container.data, StageData) and container.data.parallelism_config:
        limit = container.data.parallelism_config.max_concurrency
    return Group(id=container.id, max_concurrency=limit)
