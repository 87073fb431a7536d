"""Writing the search index anew, out of the entities."""

from collections.abc import Iterator
from uuid import UUID

from accounts.models import Organization
from accounts.tenancy import system_scope
from node_links.registry import Feature
from node_links.services.nodes.syncing import sync_nodes

ENTITIES_PER_TRANSACTION = 50


def count_entities(feature: Feature, organization: Organization) -> int:
    """Return how many entities `rebuild_index` would go through."""
    with system_scope(organization.pk):
        return feature.model.all_objects.alive().filter(organization=organization).count()


def rebuild_index(feature: Feature, organization: Organization) -> Iterator[int]:
    """Describe and index every living entity again, and queue it; yield the size of each step.

    Passages that say what they said keep their vectors, so that only what is missing or was made by
    another embedder is embedded. Entities may be changed meanwhile: each is read under its lock.
    """
    last: UUID | None = None
    while True:
        with system_scope(organization.pk):
            rows = feature.model.all_objects.alive().filter(organization=organization)
            rows = rows.filter(pk__gt=last) if last else rows
            ordered = rows.order_by("pk").select_for_update(no_key=True)
            entities = list(ordered[:ENTITIES_PER_TRANSACTION])
            for entity in entities:
                sync_nodes(entity=entity, rewrite=True)
        if not entities:
            return
        last = entities[-1].pk
        yield len(entities)
