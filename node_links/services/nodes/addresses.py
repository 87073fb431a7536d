"""Where a node is: the triple by which the whole platform speaks of it."""

from dataclasses import dataclass
from uuid import UUID

from node_links.models import NodeEntity, NodeMetadata


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A node of the graph; without `node_id` the entity itself."""

    feature: str
    entity_id: UUID
    node_id: str | None = None

    @property
    def entity(self) -> tuple[str, UUID]:
        """The address of the entity that the node is or belongs to."""
        return self.feature, self.entity_id


@dataclass(slots=True)
class EntityNode:
    """A node with the entity that it is or belongs to."""

    entity: NodeEntity
    node: NodeMetadata


def address_of(node: NodeMetadata) -> NodeAddress:
    """Return the address of a row of the node table."""
    return NodeAddress(node.feature_type, node.entity_id, node.node_id)
