"""How models run, as the engine learns it when the process starts."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from function_models.context_access.running import SeenContexts, node_of
from function_models.models import FunctionModel
from function_models.runs.narrowing import narrow_outputs
from function_models.runs.telling import TOLD, tell_nodes
from function_models.services.foretelling import dry_run
from function_models.services.run_contexts import contexts_of_run
from function_models.services.running import prepare_model
from spindles.models import Execution, ExecutionStep
from spindles.plans.plan import Plan
from spindles.registry.runnables import Runnable, runnables
from spindles.runs.outputs import read_output
from spindles.runs.steps import MOST_BYTES


def register() -> None:
    """Let models run."""
    runnables.add(
        Runnable(
            FunctionModel.feature_type,
            prepare_model,
            narrow=narrow_outputs,
            dry_run=dry_run,
            tell=tell_run,
            told=TOLD,
            sees=seen_contexts,
        )
    )


def tell_run(execution: Execution, steps: Sequence[ExecutionStep]) -> Mapping[str, Any]:
    """Return what answers say of the nodes of a run; of large outputs only some are read."""
    room = MOST_BYTES

    def output_of(step: ExecutionStep) -> Any:
        nonlocal room
        if step.output_file:
            if step.output_bytes > room:
                return None
            room -= step.output_bytes
        return read_output(step)

    return tell_nodes(execution.status, steps, output_of)


def seen_contexts(execution: Execution, plan: Plan, step_id: str) -> Mapping[str, Any]:
    """Return what expressions of a step see as `context`: by node, as far as it may see them."""
    contexts = contexts_of_run(execution, plan)
    return SeenContexts(contexts, node_of(plan, step_id), timezone.now())
