"""Looks that are on record: what no trigger sees, because nothing changes."""

from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.request_context import current_request_id
from node_links.choices import AuditOperation
from node_links.models import AuditLog


def record_access(
    *,
    actor: Actor,
    table_name: str,
    record_id: UUID | str,
    event_type: str,
    event_data: dict[str, Any] | None = None,
    entity_id: UUID | None = None,
    refused: bool = False,
) -> AuditLog:
    """Write that `actor` looked at a row, or was refused it, and return the row of the trail.

    `entity_id` is the entity whose trail it belongs to. The row is written in the running
    transaction, so a refusal that rolls its request back is recorded after that, in a `scope()` of
    its own.
    """
    return AuditLog.objects.create(
        organization_id=actor.tenant_id,
        table_name=table_name,
        operation=AuditOperation.ACCESS,
        record_id=str(record_id),
        changed_by_id=actor.user_id,
        event_type=event_type,
        event_data={**(event_data or {}), "outcome": "refused" if refused else "granted"},
        model_id=entity_id,
        request_id=current_request_id(),
    )
