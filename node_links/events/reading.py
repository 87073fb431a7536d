"""From a stored row to the event that readers and subscribers get."""

from node_links.events.envelope import Event
from node_links.events.types import event_types
from node_links.models import NodeEvent


def event_of(row: NodeEvent, *, replayed: bool = False) -> Event:
    """Return the stored event in the newest shape of its type.

    Custom types have no upcasters: their events are given as they were written.
    """
    known = event_types.get(row.event_type)
    return Event(
        id=row.pk,
        event_type=row.event_type,
        schema_version=known.version if known else row.schema_version,
        stored_version=row.schema_version,
        feature_type=row.feature_type,
        entity_id=row.entity_id,
        node_id=row.node_id,
        sequence=row.sequence,
        data=known.upcast(row.data, row.schema_version) if known else row.data,
        timestamp=row.timestamp,
        user_id=row.user_id,
        organization_id=row.organization_id,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        execution_id=row.execution_id,
        replayed=replayed,
    )
