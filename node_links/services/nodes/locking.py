"""Finding nodes together with their entities, for a look or for a change."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from config.exceptions import NotFound
from node_links.models import NodeEntity, NodeMetadata
from node_links.permissions import Act, require
from node_links.registry import Feature, features
from node_links.services.nodes.addresses import EntityNode, NodeAddress, address_of


def find_feature(feature_type: str) -> Feature:
    """Return the feature of an address. Raises `NotFound` for one that has not joined."""
    for feature in features.all():
        if feature.feature_type == feature_type:
            return feature
    raise NotFound("There is no such feature.")


def find_node(*, actor: Actor, address: NodeAddress) -> EntityNode:
    """Return a node and its entity. Raises `NotFound` for an unknown, foreign or deleted one."""
    found = find_nodes(actor=actor, addresses=[address])
    if not found:
        raise NotFound
    return found[address]


def lock_node(*, actor: Actor, address: NodeAddress, act: Act) -> EntityNode:
    """Return a node and its entity with both rows locked, for someone who may do `act`.

    A node inherits the permissions of its entity. Raises `NotFound`, `Forbidden`.
    """
    found = find_nodes(actor=actor, addresses=[address], lock=True)
    if not found:
        raise NotFound
    require(actor, found[address].entity, act)
    return found[address]


def find_nodes(
    *, actor: Actor, addresses: Iterable[NodeAddress], lock: bool = False
) -> dict[NodeAddress, EntityNode]:
    """Return those of the nodes that exist for `actor`, with their entities.

    One query for the entities of each feature and one for all nodes. With `lock` the rows are
    locked as every writer does: entities first, each kind in the order of its keys.
    """
    wanted = set(addresses)
    entities = _entities(actor, wanted, lock=lock)
    rows = _rows(actor, wanted, entities, lock=lock) if entities else []
    nodes = {address_of(row): row for row in rows}
    return {
        address: EntityNode(entities[address.entity], nodes[address])
        for address in wanted
        if address in nodes and address.entity in entities
    }


def find_entities(
    *, actor: Actor, addresses: Iterable[NodeAddress]
) -> dict[tuple[str, UUID], NodeEntity]:
    """Return the entities of the addresses that exist for `actor`, with their rows locked."""
    return _entities(actor, set(addresses), lock=True)


def _entities(
    actor: Actor, addresses: set[NodeAddress], *, lock: bool
) -> dict[tuple[str, UUID], NodeEntity]:
    found: dict[tuple[str, UUID], NodeEntity] = {}
    for feature in features.all():
        ids = {one.entity_id for one in addresses if one.feature == feature.feature_type}
        if not ids:
            continue
        rows: QuerySet[Any] = feature.model.all_objects.visible_to(actor).alive().filter(pk__in=ids)
        if lock:
            rows = rows.select_for_update(of=("self",)).order_by("pk")
        found.update({(feature.feature_type, entity.pk): entity for entity in rows})
    return found


def _rows(
    actor: Actor,
    addresses: set[NodeAddress],
    entities: Iterable[tuple[str, UUID]],
    *,
    lock: bool,
) -> list[NodeMetadata]:
    inner = {one.node_id for one in addresses if one.node_id is not None}
    rows = NodeMetadata.objects.visible_to(actor).filter(
        Q(node_id=None) | Q(node_id__in=inner),
        entity_id__in={entity_id for _, entity_id in entities},
    )
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return list(rows.defer("vector_embedding").order_by("pk"))
