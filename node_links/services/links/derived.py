"""Links that the platform derives from content, kept in step with it."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from accounts.actors import Actor
from node_links.choices import LinkOrigin
from node_links.events.recording import record_events
from node_links.links.drafts import Address, LinkDraft
from node_links.links.finding import find_nodes
from node_links.models import NodeEntity, NodeLink
from node_links.services.links.inserting import event_of_creation, insert_links
from node_links.services.links.removing import delete_rows, event_of_removal


class Wanted(NamedTuple):
    """A derived link from a node inside an entity to another entity."""

    node_id: str
    link_type: str
    target: Address


def sync_links_inside(*, actor: Actor, source: NodeEntity, wanted: Iterable[Wanted]) -> None:
    """Make the derived links of all nodes inside `source` exactly those `wanted`.

    As `sync_derived_links` for each node: what is there already is left alone, what was made by
    hand stands for itself; a target that is not there has no link. Five statements, whatever the
    number of nodes.
    """
    wanted = set(wanted)
    links = NodeLink.objects.leaving(source.feature_type, source.pk).filter(
        origin=LinkOrigin.DERIVED, target_node_id=None
    )
    present = {
        Wanted(
            link.source_node_id, link.link_type, Address(link.target_feature, link.target_entity_id)
        ): link
        for link in links.exclude(source_node_id=None)
        if link.source_node_id is not None
    }
    gone = [link for known, link in present.items() if known not in wanted]
    if gone:
        delete_rows(gone)
        record_events(actor=actor, events=[event_of_removal(link) for link in gone])
    missing = sorted(wanted - present.keys())
    if missing:
        _insert(
            actor,
            [
                (Address(source.feature_type, source.pk, one.node_id), one.target, one.link_type)
                for one in missing
            ],
        )


def sync_derived_links(
    *,
    actor: Actor,
    source: NodeEntity,
    link_type: str,
    target_feature: str,
    targets: Iterable[UUID],
    source_node_id: str | None = None,
) -> None:
    """Make the derived links of one type lead from `source` to exactly `targets` (entity ids).

    With `source_node_id` they lead from a node inside `source`. Links that are there already are
    left alone, so that their strength and history survive; a link that somebody made by hand
    stands for itself and is never touched.
    """
    wanted = set(targets) - {source.pk}
    links = NodeLink.objects.leaving(source.feature_type, source.pk).filter(
        link_type=link_type, target_feature=target_feature, source_node_id=source_node_id
    )
    present = {link.target_entity_id: link for link in links.filter(target_node_id=None)}
    gone = [
        link
        for target, link in present.items()
        if target not in wanted and link.origin == LinkOrigin.DERIVED
    ]
    missing = wanted - present.keys()
    if gone:
        delete_rows(gone)
        record_events(actor=actor, events=[event_of_removal(link) for link in gone])
    if missing:
        own = Address(source.feature_type, source.pk, source_node_id)
        _create(actor, own, link_type, [Address(target_feature, one) for one in sorted(missing)])


def _create(actor: Actor, own: Address, link_type: str, targets: list[Address]) -> None:
    _insert(actor, [(own, target, link_type) for target in targets])


def _insert(actor: Actor, arrows: list[tuple[Address, Address, str]]) -> None:
    ends = [end for source, target, _ in arrows for end in (source, target)]
    nodes = find_nodes(organization_id=actor.tenant_id, addresses=ends)
    drafts = [LinkDraft(*arrow) for arrow in arrows if {*arrow[:2]} <= nodes.keys()]
    keys = insert_links(actor=actor, drafts=drafts, nodes=nodes, origin=LinkOrigin.DERIVED)
    events = [
        event_of_creation(pk, draft, LinkOrigin.DERIVED)
        for pk, draft in zip(keys, drafts, strict=True)
        if pk is not None
    ]
    record_events(actor=actor, events=events)
