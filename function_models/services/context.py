"""What nodes may see and write of each other's contexts in the design, and the writing itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.tenancy import writing_scope
from config.db import joined_transaction
from config.exceptions import Forbidden, NotFound, ValidationFailed
from function_models.canvas.nodes import NodeData
from function_models.context_access.access import (
    MAX_LISTED,
    Decision,
    Level,
    NodeContext,
    decide,
    listed,
)
from function_models.context_access.hierarchy import ROOT, Hierarchy
from function_models.models import FunctionModel
from function_models.services.drawing import edit_canvas
from node_links.audit.accessing import record_access
from node_links.canvas.comparison import object_changes
from node_links.events.recording import record_event
from node_links.permissions import Act, require
from node_links.services import entities
from node_links.services.versions import require_draft

Context = dict[str, Any]
EMERGENCY = "context_emergency_access"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """May `node` do `wanted` with the context of `target`, and with which of its properties?

    Both are ids of nodes, or `root`; `properties` None asks for all. `emergency` lifts the window
    of `target`, for administrators, and is put on record.
    """

    node: str
    target: str
    wanted: Level = Level.READ
    properties: tuple[str, ...] | None = None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Contexts that a node may read: those shown, and how many there are."""

    shown: list[tuple[NodeContext, Decision]]
    total: int

    @property
    def truncated(self) -> bool:
        """Whether there are more than are shown."""
        return self.total > len(self.shown)


def decide_access(*, actor: Actor, model: FunctionModel, inquiry: Inquiry) -> Decision:
    """Return what the rules say to `inquiry`. Raises `NotFound` for an unknown node, `Forbidden`
    for an emergency without an administrator.
    """
    hierarchy = Hierarchy.of(model.canvas)
    require_nodes(hierarchy, inquiry.node, inquiry.target)
    target = _context_of(model, inquiry.target)
    if inquiry.emergency:
        record_emergency(actor, model, inquiry, target)
    return decide(
        hierarchy,
        requester=inquiry.node,
        target=target,
        wanted=inquiry.wanted,
        properties=inquiry.properties,
        now=timezone.now(),
        emergency=inquiry.emergency,
    )


def list_contexts(
    *, model: FunctionModel, node: str, kind: str = "all", limit: int = MAX_LISTED
) -> Listing:
    """Return the contexts of others that `node` may read, at most `limit` of them.

    `kind` is one of `context_access.access.KINDS`. Raises `NotFound` for an unknown node.
    """
    hierarchy = Hierarchy.of(model.canvas)
    require_nodes(hierarchy, node)
    contexts = [_context_of(model, known) for known in hierarchy.parents]
    found = listed(hierarchy, requester=node, contexts=contexts, kind=kind, now=timezone.now())
    return Listing(found[:limit], len(found))


def merge_context(
    *, actor: Actor, pk: UUID, inquiry: Inquiry, values: Any, **options: Any
) -> FunctionModel:
    """Merge `values` into the target's context: given keys replace, null removes one.

    Options and refusals are those of `edit_canvas`; besides `NotFound` for an unknown node and
    `Forbidden` where the node may not write there.
    """

    return _write(actor, pk, inquiry, partial(merged, values), options, below=False)


def merged(values: Any, context: Context) -> Context:
    """Return a context with `values` merged into it. Raises `ValidationFailed` for no object."""
    if not isinstance(values, dict):
        raise ValidationFailed.of("", "invalid", "An object is needed.")
    kept = {key: value for key, value in context.items() if values.get(key, key) is not None}
    return kept | {key: value for key, value in values.items() if value is not None}


def clear_context(*, actor: Actor, pk: UUID, inquiry: Inquiry, **options: Any) -> FunctionModel:
    """Empty the target's context and those of the nodes directly below it.

    Options and refusals as `merge_context`.
    """
    return _write(actor, pk, inquiry, lambda _: {}, options, below=True)


def _write(
    actor: Actor,
    pk: UUID,
    inquiry: Inquiry,
    change: Callable[[Context], Context],
    options: dict[str, Any],
    *,
    below: bool,
) -> FunctionModel:
    with joined_transaction():
        model: FunctionModel = entities.lock_entity(
            FunctionModel,
            actor=actor,
            pk=pk,
            expected_revision=options.get("expected_revision"),
            locked=options.get("locked"),
        )
        require(actor, model, Act.EDIT)
        hierarchy = Hierarchy.of(model.canvas)
        require_nodes(hierarchy, inquiry.node, inquiry.target)
        decision = decide_access(actor=actor, model=model, inquiry=inquiry)
        if not decision.access_granted:
            raise Forbidden(
                f"{inquiry.node} may not write the context of {inquiry.target}: "
                f"{decision.denial_reason}."
            )
        require_draft(model)
        targets = {inquiry.target, *(hierarchy.children(inquiry.target) if below else ())}
        _write_drawn(actor, model, targets - {ROOT}, change)
        if ROOT in targets:
            _write_root(actor, model, change(model.context))
    return model


def _write_drawn(
    actor: Actor, model: FunctionModel, targets: set[str], change: Callable[[Context], Context]
) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        for node in document["nodes"]:
            if node["id"] in targets:
                node["data"]["context"] = change(node["data"]["context"])
        return document

    if targets:
        edit_canvas(actor=actor, pk=model.pk, edit=edit, locked=model)


def _write_root(actor: Actor, model: FunctionModel, context: Context) -> None:
    keys = sorted(object_changes(model.context, context))
    if not keys:
        return
    model.context = context
    entities.save_entity(model, ["context"])
    record_event(
        actor=actor,
        entity=model,
        event_type="NodeContextUpdated",
        data={"target_node_id": ROOT, "keys": keys},
    )


def _context_of(model: FunctionModel, node_id: str) -> NodeContext:
    if node_id == ROOT:
        return NodeContext(ROOT, model.context)
    data: NodeData = model.canvas.by_id[node_id].data
    return NodeContext(node_id, data.context, data.context_scope, data.context_window)


def require_nodes(hierarchy: Hierarchy, *node_ids: str) -> None:
    """Raise `NotFound` unless all of these are nodes of the model, or its root."""
    for node_id in node_ids:
        if node_id not in hierarchy:
            raise NotFound(f"There is no node {node_id}.")


def record_emergency(
    actor: Actor, model: FunctionModel, inquiry: Inquiry, target: NodeContext
) -> None:
    """Put on record that an administrator looks outside the window. Raises `Forbidden`."""
    if not actor.is_administrator:
        raise Forbidden("Access in an emergency needs the role admin or a higher one.")
    with writing_scope(actor):
        record_access(
            actor=actor,
            table_name=FunctionModel._meta.db_table,
            record_id=model.pk,
            entity_id=model.pk,
            event_type=EMERGENCY,
            event_data={
                "action": EMERGENCY,
                "node": inquiry.node,
                "target": inquiry.target,
                "window": target.window.model_dump() if target.window else None,
            },
        )
