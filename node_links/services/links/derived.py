"""Links that the platform derives from content, kept in step with it."""

from collections.abc import Iterable
from uuid import UUID

from accounts.actors import Actor
from node_links.choices import LinkOrigin
from node_links.events.recording import record_event
from node_links.models import NodeEntity, NodeLink, NodeMetadata


def sync_derived_links(
    *,
    actor: Actor,
    source: NodeEntity,
    link_type: str,
    target_feature: str,
    targets: Iterable[UUID],
) -> None:
    """Make `source`'s derived links of one type lead to exactly `targets` (entity ids).

    Links that are there already are left alone, so that their strength and history survive; a link
    that somebody made by hand stands for itself and is never touched.
    """
    wanted = set(targets) - {source.pk}
    links = NodeLink.objects.leaving(source.feature_type, source.pk).filter(
        link_type=link_type, target_feature=target_feature, source_node_id=None
    )
    present = {link.target_entity_id: link for link in links}
    gone = [
        link
        for target, link in present.items()
        if target not in wanted and link.origin == LinkOrigin.DERIVED
    ]
    missing = wanted - present.keys()
    if gone:
        NodeLink.objects.filter(pk__in=[link.pk for link in gone]).delete()
    created = _create(actor, source, link_type, target_feature, missing) if missing else []
    for link in gone:
        _record(actor, source, "NodeLinkRemoved", link)
    for link in created:
        _record(actor, source, "NodeLinkCreated", link)


def _create(
    actor: Actor, source: NodeEntity, link_type: str, target_feature: str, targets: set[UUID]
) -> list[NodeLink]:
    own = NodeMetadata.objects.at(source.feature_type, source.pk).only("pk").get()
    nodes = NodeMetadata.objects.filter(
        organization_id=source.organization_id,
        feature_type=target_feature,
        entity_id__in=targets,
        node_id=None,
    ).only("pk", "entity_id")
    return NodeLink.objects.bulk_create(
        [
            NodeLink(
                organization_id=source.organization_id,
                source=own,
                target=node,
                source_feature=source.feature_type,
                source_entity_id=source.pk,
                target_feature=target_feature,
                target_entity_id=node.entity_id,
                link_type=link_type,
                origin=LinkOrigin.DERIVED,
                created_by_id=actor.user_id,
            )
            for node in nodes.order_by("pk")
        ]
    )


def _record(actor: Actor, source: NodeEntity, event_type: str, link: NodeLink) -> None:
    data: dict[str, object] = {
        "link_id": str(link.pk),
        "source": {"feature": link.source_feature, "entity_id": str(link.source_entity_id)},
        "target": {"feature": link.target_feature, "entity_id": str(link.target_entity_id)},
        "link_type": link.link_type,
    }
    if event_type == "NodeLinkCreated":
        data |= {"base_strength": float(link.base_strength), "origin": link.origin}
    record_event(actor=actor, entity=source, event_type=event_type, data=data)
