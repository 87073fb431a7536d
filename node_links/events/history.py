"""Reading what happened."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.actors import Actor
from node_links.models import NodeEvent, NodeMetadata


def visible_events(actor: Actor) -> QuerySet[NodeEvent]:
    """Return the events of aggregates that `actor` may see.

    What happened to a deleted entity is for those who may see deleted entities: administrators.
    """
    rows = NodeEvent.objects.filter(organization_id=actor.tenant_id)
    if actor.is_administrator:
        return rows
    deleted = NodeMetadata.objects.filter(
        organization_id=OuterRef("organization_id"),
        feature_type=OuterRef("feature_type"),
        entity_id=OuterRef("entity_id"),
        node_id=None,
        deleted_at__isnull=False,
    )
    return rows.filter(~Exists(deleted))
