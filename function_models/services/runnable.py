"""How models run, as the engine learns it when the process starts."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from function_models.context_access.running import RunContexts, RunState, SeenContexts, node_of
from function_models.context_access.running import hierarchy_of as tree_of
from function_models.models import FunctionModel
from function_models.runs.narrowing import narrow_outputs
from function_models.runs.telling import tell_nodes
from function_models.services.foretelling import dry_run
from function_models.services.running import prepare_model
from spindles.models import Execution, ExecutionStep
from spindles.plans.plan import Plan
from spindles.registry import Runnable, runnables
from spindles.runs.outputs import read_output


def register() -> None:
    """Let models run."""
    runnables.add(
        Runnable(
            FunctionModel.feature_type,
            prepare_model,
            narrow=narrow_outputs,
            dry_run=dry_run,
            tell=tell_run,
            sees=seen_contexts,
        )
    )


def tell_run(execution: Execution, steps: Sequence[ExecutionStep]) -> Mapping[str, Any]:
    """Return what answers say of the nodes of a run."""
    return tell_nodes(execution.status, steps, read_output)


def seen_contexts(execution: Execution, plan: Plan, step_id: str) -> Mapping[str, Any]:
    """Return what expressions of a step see as `context`: by node, as far as it may see them."""
    contexts = contexts_of_run(execution, plan)
    return SeenContexts(contexts, node_of(plan, step_id), timezone.now())


def contexts_of_run(execution: Execution, plan: Plan) -> RunContexts:
    """Return the contexts of all nodes of a run as they are now."""
    return RunContexts(plan, RunState.of(execution.context), tree_of(plan), dict)
