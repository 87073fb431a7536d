"""Small graphs for tests: entities named by letters, links written as arrows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from accounts.tenancy import scope
from config.ids import uuid7
from node_links.graph.nodes import Address
from node_links.models import NodeLink, NodeMetadata

KB, MODEL, STORM, SPINDLE = "knowledge-base", "function-model", "event-storm", "spindle"


@dataclass
class World:
    """The entities and links of one organisation; `world["A"]` is the address of entity A.

    Entities get ascending ids in the order in which they are first named. The rows are written as
    services leave them, for features that need not be installed.
    """

    actor: Actor
    ids: dict[str, UUID] = field(default_factory=dict)
    features: dict[str, str] = field(default_factory=dict)
    rows: dict[Address, NodeMetadata] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Address:
        """Return the address of `A`, or of node `x` in it for `A/x`."""
        entity, _, inner = name.partition("/")
        return Address(self.features[entity], self.ids[entity], inner or None)

    def name(self, place: Any) -> str:
        """Return the name of whatever has an entity id, as in `A` or `A/x`."""
        entity = next(name for name, pk in self.ids.items() if pk == place.entity_id)
        return f"{entity}/{place.node_id}" if place.node_id else entity

    def names(self, places: Iterable[Any]) -> list[str]:
        """Return the names, in order."""
        return [self.name(place) for place in places]

    def add(self, *names: str, feature: str = KB) -> None:
        """Make sure that the entities, and the nodes in them, are there."""
        for name in names:
            entity, _, inner = name.partition("/")
            if entity not in self.ids:
                self.ids[entity] = uuid7()
                self.features[entity] = feature
                self._write(entity, None)
            if inner and self[name] not in self.rows:
                self._write(entity, inner)

    def link(self, source: str, target: str, link_type: str = "references", **values: Any) -> UUID:
        """Write one link and return its id."""
        self.add(source, target)
        a, b = self[source], self[target]
        strength = Decimal(str(values.pop("strength", "0.5")))
        with scope(self.actor):
            row = NodeLink.objects.create(
                organization_id=self.actor.tenant_id,
                source=self.rows[a],
                target=self.rows[b],
                source_feature=a.feature,
                source_entity_id=a.entity_id,
                source_node_id=a.node_id,
                target_feature=b.feature,
                target_entity_id=b.entity_id,
                target_node_id=b.node_id,
                link_type=link_type,
                base_strength=strength,
                link_strength=strength,
                **values,
            )
        return row.pk

    def draw(self, arrows: str, link_type: str = "references", **values: Any) -> list[UUID]:
        """Write links such as `A->B B->C`."""
        pairs = [arrow.split("->") for arrow in arrows.split()]
        return [self.link(a, b, link_type, **values) for a, b in pairs]

    def delete(self, name: str) -> None:
        """Hide an entity, as the soft deletion of one does."""
        with scope(self.actor):
            NodeMetadata.objects.filter(entity_id=self.ids[name]).update(deleted_at=timezone.now())

    def _write(self, entity: str, inner: str | None) -> None:
        with scope(self.actor):
            row = NodeMetadata.objects.create(
                organization_id=self.actor.tenant_id,
                feature_type=self.features[entity],
                entity_id=self.ids[entity],
                node_id=inner,
                node_type="section" if inner else "sop",
                name=inner or entity,
            )
        self.rows[Address(self.features[entity], self.ids[entity], inner)] = row
