"""SOPs as they are, and SOPs into which one can draw."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from accounts.actors import Actor
from accounts.tenancy import scope
from config.exceptions import ValidationFailed
from config.ids import uuid7
from knowledge_base import nodes as sop_nodes
from knowledge_base.models import Sop
from knowledge_base.services.node_operations import SopOperations
from knowledge_base.services.sops import update_sop
from node_links.models import NodeEntity, NodeEvent, NodeLink, NodeMetadata
from node_links.operations import Values
from node_links.registry import NodeDescription, features
from node_links.services.nodes.syncing import sync_nodes
from tests.factories import Person

NODES = "/api/v1/nodes/"
FEATURE = "knowledge-base"


def at(sop: Sop | UUID | str, rest: str = "") -> str:
    """Return the address of an SOP's node, or of something below it."""
    return f"{NODES}{FEATURE}/{sop.pk if isinstance(sop, Sop) else sop}/{rest}"


def node_of(person: Person, sop: Sop, node_id: str | None = None) -> NodeMetadata:
    """Return the row of a node."""
    with scope(person.actor):
        return NodeMetadata.objects.at(FEATURE, sop.pk, node_id).get()


def draw_row(person: Person, sop: Sop, node_id: str, **values: Any) -> NodeMetadata:
    """Write the row of a node inside an SOP, though SOPs know of none."""
    with scope(person.actor):
        return NodeMetadata.objects.create(
            organization_id=sop.organization_id,
            feature_type=FEATURE,
            entity_id=sop.pk,
            node_id=node_id,
            **{"node_type": "step", "name": node_id, **values},
        )


def link(
    person: Person,
    source: NodeMetadata,
    target: NodeMetadata,
    kind: str = "references",
    **values: Any,
) -> NodeLink:
    """Write a link between two nodes."""
    with scope(person.actor):
        return NodeLink.objects.create(
            organization_id=source.organization_id,
            source=source,
            target=target,
            source_feature=source.feature_type,
            source_entity_id=source.entity_id,
            source_node_id=source.node_id,
            target_feature=target.feature_type,
            target_entity_id=target.entity_id,
            target_node_id=target.node_id,
            link_type=kind,
            **values,
        )


def told(person: Person, sop: Sop) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Return (type, node id, data) of an SOP's events after its creation, in order."""
    with scope(person.actor):
        rows = NodeEvent.objects.filter(entity_id=sop.pk, sequence__gt=1).order_by("sequence")
        return [(row.event_type, row.node_id, row.data) for row in rows]


def reread(person: Person, sop: Sop) -> Sop:
    """Return the SOP as it is stored now."""
    with scope(person.actor):
        return Sop.all_objects.get(pk=sop.pk)


def describe_drawing(sop: Sop) -> Sequence[NodeDescription]:
    """Describe an SOP and the nodes that its metadata hold."""
    drawn = [
        NodeDescription(
            node_id=one["id"],
            node_type=one["type"],
            name=one["name"],
            position=(one["x"], one["y"]),
            visual_properties=one.get("visual_properties", {}),
        )
        for one in sop.metadata.get("drawn", [])
    ]
    return [*sop_nodes.describe(sop), *drawn]


class DrawingOperations(SopOperations):
    """Let nodes be drawn inside SOPs; how they look is kept with the drawing."""

    keeps_inside = frozenset({"visual_properties"})

    def create_node(
        self,
        *,
        actor: Actor,
        entity: NodeEntity,
        node_id: str | None,
        node_type: str,
        values: Values,
    ) -> str:
        if not values.get("name"):
            raise ValidationFailed.of("/name", "required", "A name is needed.")
        new = {"id": node_id or str(uuid7()), "type": node_type, "x": 0, "y": 0}
        self._draw(actor, entity, [*entity.metadata.get("drawn", []), self._changed(new, values)])
        return str(new["id"])

    def update_node(
        self, *, actor: Actor, entity: NodeEntity, node_id: str, values: Values
    ) -> None:
        drawn = [
            self._changed(one, values) if one["id"] == node_id else one
            for one in entity.metadata["drawn"]
        ]
        self._draw(actor, entity, drawn)

    def delete_node(self, *, actor: Actor, entity: NodeEntity, node_id: str) -> None:
        self._draw(actor, entity, [one for one in entity.metadata["drawn"] if one["id"] != node_id])

    def _changed(self, one: dict[str, Any], values: Values) -> dict[str, Any]:
        kept = {k: v for k, v in values.items() if k in ("name", "visual_properties")}
        return {**one, **kept, **values.get("position", {})}

    def _draw(self, actor: Actor, entity: NodeEntity, drawn: list[dict[str, Any]]) -> None:
        assert isinstance(entity, Sop)
        metadata = {**entity.metadata, "drawn": drawn}
        update_sop(actor=actor, pk=entity.pk, values={"metadata": metadata}, locked=entity)
        sync_nodes(entity=entity)


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the knowledge base join with nodes inside its entities."""
    feature = features.get(FEATURE)
    drawing = replace(feature, describe=describe_drawing, operations=DrawingOperations())
    monkeypatch.setitem(features._features, FEATURE, drawing)
