"""Contexts of runs: who sees and writes what while a model runs, and what outlives the run."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.exceptions import Forbidden, NotFound
from function_models.context_access.access import (
    MAX_LISTED,
    Decision,
    Level,
    NodeContext,
    decide,
    listed,
)
from function_models.context_access.hierarchy import Hierarchy
from function_models.context_access.running import LASTING, RunContexts, RunState, hierarchy_of
from function_models.models import FunctionModel, LastingContext
from function_models.services.context import (
    Context,
    Inquiry,
    Listing,
    merged,
    record_emergency,
    require_nodes,
)
from node_links.canvas.comparison import object_changes
from node_links.events.recording import record_event
from spindles.choices import OPEN
from spindles.engine.loading import plan_of
from spindles.models import Execution
from spindles.plans.plan import Plan
from spindles.services.acting import acting

SHARED = ""
"""The session of what all runs of a model share."""


def contexts_of_run(execution: Execution, plan: Plan) -> RunContexts:
    """Return the contexts of all nodes of a run as they are now."""
    return RunContexts(
        plan,
        RunState.of(execution.context),
        hierarchy_of(plan),
        cache(partial(_lasting, execution, plan)),
    )


def decide_in_run(
    *, actor: Actor, model: FunctionModel, execution_id: UUID, inquiry: Inquiry
) -> Decision:
    """Return what the rules say to `inquiry` in a run of `model`.

    Raises `NotFound` for an unknown run or node, `Forbidden` for an emergency without an
    administrator.
    """
    contexts = _contexts(actor, model, execution_id)
    return _decide(actor, model, contexts, inquiry)


def list_in_run(
    *,
    actor: Actor,
    model: FunctionModel,
    execution_id: UUID,
    node: str,
    kind: str = "all",
    limit: int = MAX_LISTED,
) -> Listing:
    """Return the contexts of others that `node` may read in a run, at most `limit` of them.

    Raises `NotFound` for an unknown run or node.
    """
    contexts = _contexts(actor, model, execution_id)
    hierarchy = contexts.hierarchy
    require_nodes(hierarchy, node)
    held = [contexts.of(known) for known in hierarchy.parents]
    found = listed(hierarchy, requester=node, contexts=held, kind=kind, now=timezone.now())
    return Listing(found[:limit], len(found))


def merge_in_run(
    *, actor: Actor, model: FunctionModel, execution_id: UUID, inquiry: Inquiry, values: Any
) -> None:
    """Merge `values` into the target's context in a run: given keys replace, null removes one.

    Raises `NotFound`, `Forbidden` where the node may not write there or the actor may not control
    the run, `InvalidTransition` where it has ended, `ValidationFailed` for no object.
    """
    _write(actor, model, execution_id, inquiry, partial(merged, values), below=False)


def clear_in_run(
    *, actor: Actor, model: FunctionModel, execution_id: UUID, inquiry: Inquiry
) -> None:
    """Empty the target's context in a run and those of the nodes directly below it.

    Raises as `merge_in_run`.
    """
    _write(actor, model, execution_id, inquiry, lambda _: {}, below=True)


def _write(
    actor: Actor,
    model: FunctionModel,
    execution_id: UUID,
    inquiry: Inquiry,
    change: Callable[[Context], Context],
    *,
    below: bool,
) -> None:
    _contexts(actor, model, execution_id)  # it is a run of this model
    with acting(actor, execution_id, *OPEN) as run:
        contexts = contexts_of_run(run.row, run.plan)
        decision = _decide(actor, model, contexts, inquiry)
        if not decision.access_granted:
            raise Forbidden(
                f"{inquiry.node} may not write the context of {inquiry.target}: "
                f"{decision.denial_reason}."
            )
        children = contexts.hierarchy.children(inquiry.target) if below else ()
        for node_id in (inquiry.target, *children):
            held = contexts.of(node_id)
            new = change(held.data)
            keys = sorted(object_changes(held.data, new))
            if keys:
                _keep(run.row, held, new)
                _tell(actor, model, execution_id, node_id, keys)


def _keep(execution: Execution, held: NodeContext, data: Context) -> None:
    """Keep a context for as long as its scope says."""
    session_id = _session_of(execution, held.scope)
    if session_id is None:
        written = {**execution.context.get("written", {}), held.node_id: data}
        execution.context = {**execution.context, "written": written}
        return
    LastingContext.objects.update_or_create(
        organization_id=execution.organization_id,
        entity_id=execution.source_id,
        session_id=session_id,
        node_id=held.node_id,
        defaults={"content": data},
    )


def _session_of(execution: Execution, scope: str) -> str | None:
    """Return where a context of this scope is kept; None where it ends with the run."""
    if scope == "global":
        return SHARED
    return (execution.session_id or None) if scope == "session" else None


def _tell(
    actor: Actor, model: FunctionModel, execution_id: UUID, node_id: str, keys: list[str]
) -> None:
    record_event(
        actor=actor,
        entity=model,
        event_type="NodeContextUpdated",
        data={"target_node_id": node_id, "keys": keys, "execution_id": str(execution_id)},
    )


def _decide(
    actor: Actor, model: FunctionModel, contexts: RunContexts, inquiry: Inquiry
) -> Decision:
    hierarchy: Hierarchy = contexts.hierarchy
    require_nodes(hierarchy, inquiry.node, inquiry.target)
    target = contexts.of(inquiry.target)
    if inquiry.emergency:
        record_emergency(actor, model, inquiry, target)
    return decide(
        hierarchy,
        requester=inquiry.node,
        target=target,
        wanted=Level(inquiry.wanted),
        properties=inquiry.properties,
        now=timezone.now(),
        emergency=inquiry.emergency,
    )


def _contexts(actor: Actor, model: FunctionModel, execution_id: UUID) -> RunContexts:
    rows = Execution.objects.visible_to(actor).of_source(FunctionModel.feature_type, model.pk)
    execution = rows.filter(pk=execution_id).first()
    if execution is None:
        raise NotFound("There is no such run of the model.")
    return contexts_of_run(execution, plan_of(execution.plan_id))


def _lasting(execution: Execution, plan: Plan) -> Mapping[str, Context]:
    """Return what nodes of a run have been told beyond it, by node; one statement at most."""
    kept = {
        node_id: session_id
        for node_id, told in plan.contexts.items()
        if told.get("scope") in LASTING
        and (session_id := _session_of(execution, told["scope"])) is not None
    }
    if not kept:
        return {}
    rows = LastingContext.objects.filter(
        entity_id=execution.source_id, node_id__in=kept, session_id__in=set(kept.values())
    )
    return {row.node_id: dict(row.content) for row in rows if kept[row.node_id] == row.session_id}
