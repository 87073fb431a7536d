"""Nodes of every feature, and links between them."""

from typing import Any
from uuid import UUID

import pytest

from accounts.tenancy import scope
from config.ids import uuid7
from node_links.links.drafts import Address, LinkDraft
from node_links.models import AuditLog, NodeEvent, NodeLink, NodeMetadata
from node_links.services.links.creating import create_link
from tests.factories import Cast, Person, make_cast, make_sop

LINKS = "/api/v1/links/"
BULK = f"{LINKS}bulk/"
TYPES = "/api/v1/link-types/"
SOP = "knowledge-base"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def ends(cast: Cast) -> tuple[Address, Address]:
    """Two SOPs of the editor's."""
    return sop_at(cast.editor, "Start the pump"), sop_at(cast.editor, "Stop the pump")


def sop_at(person: Person, title: str) -> Address:
    return Address(SOP, make_sop(person, title=title).pk)


def node_at(person: Person, feature: str, node_id: str | None = None, **values: Any) -> Address:
    """Return the address of a node of a feature that need not be there itself."""
    address = Address(feature, values.pop("entity_id", None) or uuid7(), node_id)
    with scope(person.actor):
        NodeMetadata.objects.create(
            organization=person.organization,
            feature_type=feature,
            entity_id=address.entity_id,
            node_id=node_id,
            node_type=feature if node_id is None else "stageNode",
            name=values.pop("name", f"A {feature}"),
            **values,
        )
    return address


def many_nodes(person: Person, count: int, feature: str = "spindle") -> list[Address]:
    with scope(person.actor):
        made = NodeMetadata.objects.bulk_create(
            NodeMetadata(
                organization=person.organization,
                feature_type=feature,
                entity_id=uuid7(),
                node_type=feature,
                name=f"Node {number}",
            )
            for number in range(count)
        )
    return [Address(feature, node.entity_id) for node in made]


def body(source: Address, target: Address, link_type: str = "supports", **more: Any) -> Any:
    """Return the body of a POST."""
    sent: dict[str, Any] = {"link_type": link_type, **more}
    for name, end in (("source", source), ("target", target)):
        sent |= {f"{name}_feature": end.feature, f"{name}_entity_id": str(end.entity_id)}
        if end.node_id is not None:
            sent[f"{name}_node_id"] = end.node_id
    return sent


def joined(person: Person, source: Address, target: Address, link_type: str = "supports",
           **more: Any) -> NodeLink:  # fmt: skip
    with scope(person.actor):
        return create_link(actor=person.actor, draft=LinkDraft(source, target, link_type, **more))[
            0
        ]


def state(person: Person) -> tuple[int, int, int]:
    """Return how many links, events and audit rows the organisation has."""
    with scope(person.actor):
        counts = (model.objects.count() for model in (NodeLink, NodeEvent, AuditLog))
        links, events, audit = counts
    return links, events, audit


def link_events(person: Person, entity_id: UUID) -> list[tuple[int, str, dict[str, Any]]]:
    """Return (sequence, type, data) of what an entity's links have told, in order."""
    with scope(person.actor):
        rows = NodeEvent.objects.filter(entity_id=entity_id, event_type__startswith="NodeLink")
        return [(row.sequence, row.event_type, row.data) for row in rows.order_by("sequence")]


def sequences(person: Person, entity_id: UUID) -> list[int]:
    with scope(person.actor):
        rows = NodeEvent.objects.filter(entity_id=entity_id).order_by("sequence")
        return list(rows.values_list("sequence", flat=True))


def codes(answer: Any) -> list[tuple[str, str]]:
    """Return (pointer, code) of each violation, sorted."""
    return sorted((error["pointer"], error["code"]) for error in answer.json()["errors"])
