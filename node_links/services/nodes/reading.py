"""Nodes as they are shown: what the node table does not know is read from the features."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from node_links.models import NodeEntity, NodeLink, NodeMetadata
from node_links.registry import features
from node_links.services.nodes.addresses import NodeAddress


@dataclass(frozen=True, slots=True)
class EntityHead:
    """What is shown of an entity beside each of its nodes."""

    status: str
    version: str
    published_version: str | None
    revision: int

    @classmethod
    def of(cls, entity: NodeEntity) -> "EntityHead":
        """Return the head of an entity that has been read."""
        return cls(entity.status, entity.version, entity.published_version, entity.revision)


def visible_nodes(actor: Actor) -> QuerySet[NodeMetadata]:
    """Return the nodes that `actor` may see, without their vectors."""
    return NodeMetadata.objects.visible_to(actor).defer("vector_embedding")


def entity_heads(
    *, actor: Actor, nodes: Iterable[NodeMetadata]
) -> dict[tuple[str, UUID], EntityHead]:
    """Return the heads of the entities of `nodes`, one query for each feature among them."""
    wanted = {(node.feature_type, node.entity_id) for node in nodes}
    shown = ("status", "version", "published_version", "revision")
    heads: dict[tuple[str, UUID], EntityHead] = {}
    for feature in features.all():
        ids = [entity_id for kind, entity_id in wanted if kind == feature.feature_type]
        if ids:
            rows = feature.model.all_objects.visible_to(actor).filter(pk__in=ids)
            heads.update(
                {
                    (feature.feature_type, pk): EntityHead(*head)
                    for pk, *head in rows.values_list("pk", *shown)
                }
            )
    return heads


def links_out(*, actor: Actor, address: NodeAddress) -> QuerySet[NodeLink]:
    """Return the links that begin at the node; at an entity, those of the nodes inside it too."""
    rows = NodeLink.objects.visible_to(actor).leaving(address.feature, address.entity_id)
    return rows if address.node_id is None else rows.filter(source_node_id=address.node_id)


def links_in(*, actor: Actor, address: NodeAddress) -> QuerySet[NodeLink]:
    """Return the links that end at the node; at an entity, those of the nodes inside it too."""
    rows = NodeLink.objects.visible_to(actor).arriving_at(address.feature, address.entity_id)
    return rows if address.node_id is None else rows.filter(target_node_id=address.node_id)


def links_of(*, actor: Actor, address: NodeAddress, direction: str = "both") -> QuerySet[NodeLink]:
    """Return the links at the node in one `direction` (`in`, `out`) or in both."""
    if direction == "out":
        return links_out(actor=actor, address=address)
    if direction == "in":
        return links_in(actor=actor, address=address)
    begins = Q(source_feature=address.feature, source_entity_id=address.entity_id)
    ends = Q(target_feature=address.feature, target_entity_id=address.entity_id)
    if address.node_id is not None:
        begins &= Q(source_node_id=address.node_id)
        ends &= Q(target_node_id=address.node_id)
    return NodeLink.objects.visible_to(actor).filter(begins | ends)


def connected_nodes(
    *,
    actor: Actor,
    address: NodeAddress,
    direction: str = "both",
    types: Iterable[str] | None = None,
) -> QuerySet[NodeMetadata]:
    """Return the nodes at the other ends of the node's links, each once.

    Of an entity: nodes of other entities only. Deleted ones and their links are left out.
    """
    out, into = (links(actor=actor, address=address).order_by() for links in (links_out, links_in))
    if types is not None:
        out, into = (rows.filter(link_type__in=list(types)) for rows in (out, into))
    ends: dict[str, QuerySet[NodeLink, Any]] = {
        "out": out.values_list("target_id"),
        "in": into.values_list("source_id"),
    }
    ids = ends["out"].union(ends["in"]) if direction == "both" else ends[direction]
    rows = visible_nodes(actor).filter(pk__in=ids)
    if address.node_id is None:
        rows = rows.exclude(feature_type=address.feature, entity_id=address.entity_id)
    return rows
