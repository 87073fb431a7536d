"""Links between SOPs, made as rows: what is tested here is what happens to them afterwards."""

from decimal import Decimal
from typing import Any

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from node_links.models import NodeEvent, NodeLink, NodeMetadata
from tests.factories import Person


def make_link(person: Person, source: Sop, target: Sop, **values: Any) -> NodeLink:
    """Return a link between the own nodes of two SOPs."""
    with scope(person.actor):
        ends = {
            node.entity_id: node
            for node in NodeMetadata.objects.filter(
                entity_id__in=[source.pk, target.pk], node_id=None
            )
        }
        return NodeLink.objects.create(
            organization=person.organization,
            source=ends[source.pk],
            target=ends[target.pk],
            source_feature=source.feature_type,
            source_entity_id=source.pk,
            target_feature=target.feature_type,
            target_entity_id=target.pk,
            **{"link_type": "supports", **values},
        )


def reread(link: NodeLink) -> NodeLink:
    """Return the link as it is stored now."""
    with system_scope():
        return NodeLink.objects.get(pk=link.pk)


def strength_of(link: NodeLink) -> Decimal:
    """Return the strength that is stored."""
    return reread(link).link_strength


def told(event_type: str) -> list[dict[str, Any]]:
    """Return the data of all events of a type, in order."""
    with system_scope():
        rows = NodeEvent.objects.filter(event_type=event_type).order_by("pk")
        return list(rows.values_list("data", flat=True))
