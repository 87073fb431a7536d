"""Which rows of the trail somebody may read."""

from uuid import UUID

from accounts.actors import Actor
from node_links.models import AuditLog, NodeEntity, NodeMetadata
from node_links.permissions import Act, may
from node_links.querysets import AuditQuerySet
from node_links.registry import features


def readable_trail(actor: Actor, *, record_id: str | None = None) -> AuditQuerySet:
    """Return the organisation's trail for administrators, their own acts for others.

    With the id of an entity whose trail the actor may read: everybody's acts, narrowed to it.
    """
    if record_id is not None and _may_read(actor, record_id):
        return AuditLog.objects.of_organization(actor).filter(record_id=record_id)
    return AuditLog.objects.visible_to(actor)


def _may_read(actor: Actor, record_id: str) -> bool:
    """Return whether this is a living entity whose trail the actor may read."""
    if actor.is_administrator:
        return True
    try:
        entity_id = UUID(record_id)
    except ValueError:
        return False
    if str(entity_id) != record_id:
        return False
    entity = _find(actor, entity_id)
    return entity is not None and may(actor, entity, Act.AUDIT)


def _find(actor: Actor, entity_id: UUID) -> NodeEntity | None:
    nodes = NodeMetadata.objects.visible_to(actor).filter(entity_id=entity_id, node_id=None)
    feature_type = nodes.values_list("feature_type", flat=True).first()
    if feature_type is None:
        return None
    rows = features.get(feature_type).model.all_objects.visible_to(actor).alive()
    return rows.filter(pk=entity_id).only("owner_id", "permissions").first()
