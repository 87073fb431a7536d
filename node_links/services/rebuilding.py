"""Describing entities anew: their nodes, and what is searched of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Organization
from accounts.tenancy import system_scope
from node_links.models import NodeEntity, NodeMetadata
from node_links.registry import Feature
from node_links.services.nodes.syncing import set_nodes_deleted, sync_nodes

T = TypeVar("T")

ENTITIES_PER_TRANSACTION = 50


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What one transaction came to: entities described, nodes that were wrong or missing."""

    entities: int
    nodes: int


def count_entities(
    feature: Feature, organization: Organization, *, with_deleted: bool = False
) -> int:
    """Return how many entities a rebuild would go through."""
    with system_scope(organization.pk):
        return _entities(feature, organization, with_deleted=with_deleted).count()


def rebuild_index(feature: Feature, organization: Organization) -> Iterator[int]:
    """Describe and index every living entity again, and queue it; yield the size of each step.

    Passages that say what they said keep their vectors, so that only what is missing or was made by
    another embedder is embedded.
    """

    def index(entities: list[NodeEntity]) -> int:
        for entity in entities:
            sync_nodes(entity=entity, rewrite=True)
        return len(entities)

    return in_batches(feature, organization, index, with_deleted=False)


def rebuild_nodes(feature: Feature, organization: Organization) -> Iterator[Rebuilt]:
    """Make the nodes of every entity, deleted ones too, say what the entity says; yield each step.

    A node that agrees already is left alone, with its links, vector and place in the index.
    """

    def describe(entities: list[NodeEntity]) -> Rebuilt:
        changed = 0
        for entity in entities:
            changed += len(sync_nodes(entity=entity))
            changed += _follow_deletion(entity)
        return Rebuilt(len(entities), changed)

    return in_batches(feature, organization, describe, with_deleted=True)


def _follow_deletion(entity: NodeEntity) -> int:
    """Hide or show the nodes as their entity is; return how many were not."""
    rows = NodeMetadata.objects.of_entity(entity.feature_type, entity.pk)
    wrong = sum(found != entity.deleted_at for found in rows.values_list("deleted_at", flat=True))
    if wrong:
        set_nodes_deleted(entity=entity)
    return wrong


def _entities(
    feature: Feature, organization: Organization, *, with_deleted: bool
) -> QuerySet[NodeEntity]:
    rows = feature.model.all_objects.filter(organization=organization)
    return rows if with_deleted else rows.alive()


def in_batches(
    feature: Feature,
    organization: Organization,
    work: Callable[[list[NodeEntity]], T],
    *,
    with_deleted: bool,
) -> Iterator[T]:
    """Do `work` with the entities in batches and yield what it returns for each.

    Each batch is a transaction of its own, over when its step is yielded. Entities may be changed
    meanwhile: each is read under its lock.
    """
    last: UUID | None = None
    while True:
        with system_scope(organization.pk):
            rows = _entities(feature, organization, with_deleted=with_deleted)
            rows = rows.filter(pk__gt=last) if last else rows
            ordered = rows.order_by("pk").select_for_update(no_key=True)
            entities = list(ordered[:ENTITIES_PER_TRANSACTION])
            done = work(entities) if entities else None
        if done is None:
            return
        last = entities[-1].pk
        yield done
