"""Compiling: each container and each action becomes a step under its own id."""

from collections.abc import Mapping
from typing import Any

from function_models.canvas.document import Canvas
from function_models.canvas.nodes import IoNode
from function_models.compiling.actions import action_steps, phases_of
from function_models.compiling.containers import closing_step, group_of, opening_step
from function_models.compiling.contexts import contexts_of
from function_models.dependencies.graph import DependencyGraph
from spindles.plans.plan import NamedOutput, Plan, Step


def compile_canvas(canvas: Canvas, context: Mapping[str, Any] | None = None) -> Plan:
    """Return the plan of a drawing. Equal drawings give equal plans, with equal checksums.

    `context` is what the model itself tells its nodes.
    Steps stand in the order of execution: containers by level, priority and position, each with
    its opening step, its actions by phase, and itself.
    """
    graph = DependencyGraph(canvas)
    steps: list[Step] = []
    for container in graph.order:
        actions = canvas.actions_of(container.id)
        inside = list(action_steps(container, actions))
        ordered = tuple(action.id for phase in phases_of(actions) for action in phase)
        steps.append(opening_step(container, graph))
        steps += inside
        steps.append(closing_step(container, graph, ordered, tuple(step.id for step in inside)))
    return Plan(
        steps=tuple(steps),
        groups=tuple(group_of(c) for c in graph.order if canvas.actions_of(c.id)),
        stoppers=tuple(container.id for container in graph.order if container.data.critical),
        outputs=tuple(
            NamedOutput(name=node.id, step=node.id)
            for node in graph.order
            if isinstance(node, IoNode) and node.data.boundary_type != "input"
        ),
        contexts=contexts_of(canvas, context or {}),
    )
