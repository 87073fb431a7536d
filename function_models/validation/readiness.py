"""Whether a run would do what is drawn."""

from collections import defaultdict
from collections.abc import Iterator

from function_models.canvas.nodes import ContainerData, StageNode, TetherData, TetherNode
from function_models.canvas.policies import memory_mb
from function_models.validation.expressions import named_paths
from function_models.validation.findings import Findings
from function_models.validation.subject import Subject
from spindles.expressions.conditions import ConditionError, compile_condition

_SHORT_SECONDS = 1
_ENOUGH = 1.5
_LONG_SECONDS = 300
_PARALLEL_MEMORY_MB = 16_384
_SYSTEM = "System"


def check_failures(subject: Subject, findings: Findings) -> None:
    """What is critical is tried more than once, or the container does more than stop."""
    for action in subject.canvas.actions:
        parent = subject.canvas.by_id[action.parent_id or ""].data
        policy = action.data.retry_policy
        once = not policy.enabled or policy.max_attempts == 1
        handling = parent.failure_handling if isinstance(parent, ContainerData) else ""
        if action.data.is_critical and once and handling == "critical_only":
            findings.fail(
                "critical_without_error_handling",
                "It is critical and tried once: allow a retry, or handle failures otherwise.",
                node_id=action.id,
                field="retry_policy",
            )
        if isinstance(action.data, TetherData) and not policy.enabled:
            findings.warn(
                "no_retry", "A call that fails is not repeated.", node_id=action.id,
                field="retry_policy",
            )  # fmt: skip


def check_conditions(subject: Subject, findings: Findings) -> None:
    """Conditions can be read."""
    for node in subject.canvas.nodes:
        if node.data.condition is None:
            continue
        try:
            compile_condition(node.data.condition)
        except ConditionError as error:
            findings.fail("condition_invalid", str(error), node_id=node.id, field="condition")


def check_inputs(subject: Subject, findings: Findings) -> None:
    """Expressions name inputs that the model declares, where it declares any."""
    contracts = [node.data.input_data_contract for node in subject.inputs]
    declared = {
        name for contract in contracts if contract for name in contract.get("properties", {})
    }
    if not declared:
        return
    for node in subject.canvas.nodes:
        for field, path in named_paths(node):
            if path[0] == "inputs" and len(path) > 1 and path[1] not in declared:
                findings.fail(
                    "undefined_input",
                    f"No input is called {path[1]}; there are {', '.join(sorted(declared))}.",
                    node_id=node.id,
                    field=field,
                )


def check_times(subject: Subject, findings: Findings) -> None:
    """Limits leave the work enough time and do not let it hang for long."""
    for node in subject.canvas.nodes:
        limit = node.data.timeout
        estimate = getattr(node.data, "estimated_duration", None) or 0
        if 0 < limit < max(_SHORT_SECONDS, _ENOUGH * estimate):
            findings.warn(
                "timeout_too_short",
                f"It may take {max(_SHORT_SECONDS, _ENOUGH * estimate):g} s.",
                node_id=node.id,
                field="timeout",
            )
        if limit > _LONG_SECONDS and isinstance(node, StageNode | TetherNode):
            findings.warn(
                "timeout_long", "It may hang for minutes.", node_id=node.id, field="timeout"
            )


def check_memory(subject: Subject, findings: Findings) -> None:
    """What runs side by side fits into memory together."""
    together: defaultdict[str, float] = defaultdict(float)
    for action in subject.canvas.actions:
        needs = getattr(action.data, "resource_requirements", None)
        if action.data.execution_mode == "parallel" and needs and needs.memory is not None:
            together[action.parent_id or ""] += memory_mb(needs.memory)
    for container_id, memory in together.items():
        if memory > _PARALLEL_MEMORY_MB:
            findings.warn(
                "parallel_memory",
                f"Its parallel actions need {memory:g} MB together.",
                node_id=container_id,
            )


def check_parties(subject: Subject, findings: Findings) -> None:
    """Responsibilities name somebody who is there."""
    for action in subject.canvas.actions:
        unknown = [party for party in _parties(action.data.raci) if party not in subject.parties]
        if unknown:
            findings.warn(
                "unknown_party",
                f"Nobody here is called {', '.join(unknown)}.",
                node_id=action.id,
                field="raci",
            )


def _parties(raci: object) -> Iterator[str]:
    for role in ("responsible", "accountable", "consulted", "informed"):
        yield from (party for party in getattr(raci, role) if party != _SYSTEM)


CHECKS = (check_failures, check_conditions, check_inputs, check_times, check_memory, check_parties)
