"""What a run of a drawing would do. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from function_models.canvas.document import Canvas
from function_models.compiling.actions import PHASES, phases_of
from function_models.dependencies.graph import DependencyGraph
from function_models.validation.findings import Finding

SECONDS_PER_NODE = 1


def foretell(
    canvas: Canvas,
    *,
    run_id: str,
    version: str,
    environment: str,
    inputs: Mapping[str, Any],
    findings: Sequence[Finding],
    nested_levels: int,
) -> dict[str, Any]:
    """Return the answer to a dry run; `run_id` begins with `dry-run-`.

    `findings` are all of the checks; one that blocks publication makes the drawing not runnable.
    """
    graph = DependencyGraph(canvas)
    count = len(canvas.nodes)
    return {
        "id": run_id,
        "dry_run": True,
        "runnable": not any(finding.blocks_publish for finding in findings),
        "version": version,
        "environment": environment,
        "node_count": count,
        "estimated_seconds": count * SECONDS_PER_NODE,
        "order": [container.id for container in graph.order],
        "levels": graph.levels,
        "parallel_levels": graph.parallel_levels,
        "critical_path": graph.critical_path,
        "nested_levels": nested_levels,
        "actions": list(_actions(canvas, graph)),
        "problems": [finding.as_dict() for finding in findings],
        "inputs": dict(inputs),
    }


def _actions(canvas: Canvas, graph: DependencyGraph) -> Iterator[dict[str, Any]]:
    for container in graph.order:
        actions = canvas.actions_of(container.id)
        for name, phase in zip(PHASES, phases_of(actions), strict=True):
            for action in phase:
                yield {
                    "node_id": action.id,
                    "parent_id": container.id,
                    "phase": name,
                    "execution_order": action.data.execution_order,
                    "retry_delays": action.data.retry_policy.rule.delays,
                }
