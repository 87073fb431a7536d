"""Questions about links that features ask for their own pages."""

from collections.abc import Iterable
from uuid import UUID

from accounts.actors import Actor
from config.db import prepared_cursor
from config.replica import reading_alias
from node_links.models import NodeMetadata

# Written out, because building the statements would cost more than running them. Most entities have
# no such link, so the nodes at its ends are looked up only where there is one.
_LINKS = """
SELECT source_entity_id, target_feature, target_entity_id, source_id, target_id FROM node_links
WHERE organization_id = %(organization)s AND source_feature = %(feature)s
    AND source_entity_id = ANY(%(ids)s) AND target_feature <> %(feature)s
UNION ALL
SELECT target_entity_id, source_feature, source_entity_id, source_id, target_id FROM node_links
WHERE organization_id = %(organization)s AND target_feature = %(feature)s
    AND target_entity_id = ANY(%(ids)s) AND source_feature <> %(feature)s
"""


def linked_entities(
    *, actor: Actor, feature_type: str, entity_ids: Iterable[UUID]
) -> dict[tuple[UUID, str], list[UUID]]:
    """Return, for each (entity, other feature), the entities linked with it in either direction.

    At most two queries, whatever the number of entities. Entities of the same feature and links of
    deleted nodes are left out.
    """
    parameters = {
        "organization": actor.organization_id,
        "feature": feature_type,
        "ids": list(entity_ids),
    }
    with prepared_cursor(reading_alias()) as cursor:
        cursor.execute(_LINKS, parameters)
        links = cursor.fetchall()
    if not links:
        return {}
    ends = {end for link in links for end in link[3:]}
    alive = NodeMetadata.objects.visible_to(actor).filter(pk__in=ends)
    living = set(alive.values_list("pk", flat=True))
    found: dict[tuple[UUID, str], set[UUID]] = {}
    for entity, feature, other, *nodes in links:
        if living.issuperset(nodes):
            found.setdefault((entity, feature), set()).add(other)
    return {key: sorted(others) for key, others in found.items()}
