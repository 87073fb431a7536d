"""Questions about links that features ask for their own pages."""

from collections.abc import Iterable
from uuid import UUID

from accounts.actors import Actor
from node_links.models import NodeLink


def linked_entities(
    *, actor: Actor, feature_type: str, entity_ids: Iterable[UUID]
) -> dict[tuple[UUID, str], list[UUID]]:
    """Return, for each (entity, other feature), the entities linked with it in either direction.

    One query, whatever the number of entities. Entities of the same feature are left out.
    """
    ids = list(entity_ids)
    links = NodeLink.objects.visible_to(actor)
    columns = ("source_feature", "source_entity_id", "target_feature", "target_entity_id")
    leaving = links.filter(source_feature=feature_type, source_entity_id__in=ids).exclude(
        target_feature=feature_type
    )
    arriving = links.filter(target_feature=feature_type, target_entity_id__in=ids).exclude(
        source_feature=feature_type
    )
    found: dict[tuple[UUID, str], dict[UUID, None]] = {}
    rows = leaving.order_by().values_list(*columns).union(arriving.order_by().values_list(*columns))
    for source_feature, source, target_feature, target in rows:
        if source_feature == feature_type:
            found.setdefault((source, target_feature), {})[target] = None
        else:
            found.setdefault((target, source_feature), {})[source] = None
    return {key: sorted(values) for key, values in found.items()}
