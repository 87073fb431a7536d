"""Where the nodes of a model stand in a run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from spindles.choices import ExecutionStatus, StepStatus

CONTAINER = "container_close"
# Steps that hold a plan together, and those in which people let actions run, are no nodes.
_BESIDE = frozenset({"container_open", "human_task"})
_IDS = {"type": "array", "items": {"type": "string"}}


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members)}


TOLD: Mapping[str, Any] = {
    "completed_nodes": _IDS,
    "failed_nodes": _IDS,
    "skipped_nodes": {
        "type": "array",
        "items": _object(node_id={"type": "string"}, reason={"type": "string"}),
    },
    "node_results": {
        "type": "array",
        "items": _object(
            node_id={"type": "string"},
            kind={"type": "string", "enum": ["container", "action"]},
            status={"type": "string", "enum": StepStatus.values},
            reason={"type": ["string", "null"]},
            attempts={"type": "integer"},
            output={},
            error={"type": ["object", "null"], "additionalProperties": True},
        ),
    },
    "summary": _object(
        total_nodes={"type": "integer"},
        successful_nodes={"type": "integer"},
        failed_nodes={"type": "integer"},
        skipped_nodes={"type": "integer"},
        overall_success={"type": "boolean"},
    ),
}
"""JSON Schema of each member of what is told."""


class StepRow(Protocol):
    """What is asked of a step: a row of `execution_steps`."""

    step_id: str
    kind: str
    item_of: str | None
    status: str
    reason: str | None
    attempt: int
    error: Any


def tell_nodes(
    status: str, rows: Sequence[StepRow], output_of: Callable[[Any], Any]
) -> Mapping[str, Any]:
    """Return what answers say of the nodes of a run that stands in `status`.

    `completed_nodes`, `failed_nodes` and `skipped_nodes` name containers, `node_results` has
    containers and actions, in the order of the plan.
    """
    nodes = [row for row in rows if row.kind not in _BESIDE and row.item_of is None]
    containers = [row for row in nodes if row.kind == CONTAINER]
    counts = {status: _count(nodes, status) for status in StepStatus}
    return {
        "completed_nodes": _ids(containers, StepStatus.COMPLETED),
        "failed_nodes": _ids(containers, StepStatus.FAILED),
        "skipped_nodes": [
            {"node_id": row.step_id, "reason": str(row.reason)}
            for row in containers
            if row.status == StepStatus.SKIPPED
        ],
        "node_results": [_result(row, output_of) for row in nodes],
        "summary": {
            "total_nodes": len(nodes),
            "successful_nodes": counts[StepStatus.COMPLETED],
            "failed_nodes": counts[StepStatus.FAILED],
            "skipped_nodes": counts[StepStatus.SKIPPED],
            "overall_success": status == ExecutionStatus.COMPLETED,
        },
    }


def _result(row: StepRow, output_of: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        "node_id": row.step_id,
        "kind": "container" if row.kind == CONTAINER else "action",
        "status": str(row.status),
        "reason": None if row.reason is None else str(row.reason),
        "attempts": row.attempt,
        "output": output_of(row) if row.status == StepStatus.COMPLETED else None,
        "error": row.error,
    }


def _ids(rows: Sequence[StepRow], status: StepStatus) -> list[str]:
    return [row.step_id for row in rows if row.status == status]


def _count(rows: Sequence[StepRow], status: StepStatus) -> int:
    return sum(row.status == status for row in rows)
