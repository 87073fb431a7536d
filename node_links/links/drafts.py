"""A link before it is one."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

HALF = Decimal("0.5")
LATEST = "latest"


class Address(NamedTuple):
    """Where a node stands; without `node_id` the entity itself."""

    feature: str
    entity_id: UUID
    node_id: str | None = None

    @property
    def entity(self) -> tuple[str, UUID]:
        """The entity, whichever of its nodes is meant."""
        return self.feature, self.entity_id

    def told(self) -> dict[str, Any]:
        """Return the address as events carry it."""
        found: dict[str, Any] = {"feature": self.feature, "entity_id": str(self.entity_id)}
        return found if self.node_id is None else {**found, "node_id": self.node_id}


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """What a new link is to be. `base_strength` is a share, 0 to 1, with four places."""

    source: Address
    target: Address
    link_type: str
    base_strength: Decimal = HALF
    link_context: dict[str, Any] = field(default_factory=dict)
    visual_properties: dict[str, Any] = field(default_factory=dict)
    version_pin: str = LATEST
