"""What a member may do with a run.

Who may execute an entity starts runs of it. A run is controlled by whoever started it, and by those
who may edit what runs: editors, its owner, administrators.
"""

from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import Forbidden
from node_links.models import NodeEntity
from node_links.permissions import Act, may
from node_links.registry import features
from spindles.models import Execution


def source_of(execution: Execution) -> NodeEntity | None:
    """Return the entity that runs, also a deleted one; None where it is gone for good."""
    if execution.source_feature not in features:
        return None
    rows: Any = features.get(execution.source_feature).model.all_objects
    found: NodeEntity | None = rows.filter(
        organization_id=execution.organization_id, pk=execution.source_id
    ).first()
    return found


def may_control(actor: Actor, execution: Execution) -> bool:
    """Return whether `actor` may stop, resume and change this run."""
    if actor.is_administrator or is_starter(actor, execution.started_by_id):
        return True
    source = source_of(execution)
    return source is not None and may(actor, source, Act.EDIT)


def require_control(actor: Actor, execution: Execution) -> None:
    """Raise `Forbidden` unless `actor` may control this run."""
    if not may_control(actor, execution):
        raise Forbidden("You may not control this run.")


def require_execution(actor: Actor, execution: Execution) -> None:
    """Raise `Forbidden` unless `actor` may start runs of what this run runs."""
    source = source_of(execution)
    allowed = actor.is_administrator if source is None else may(actor, source, Act.EXECUTE)
    if not allowed:
        raise Forbidden("You may not execute this.")


def is_starter(actor: Actor, started_by: UUID | None) -> bool:
    """Return whether `actor` is the person who started it."""
    return started_by is not None and started_by == actor.user_id
