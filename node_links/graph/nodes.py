"""What an answer says of nodes and links: everything a client shows, so that it asks once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import NotFound
from config.replica import reader


class Address(NamedTuple):
    """Where a node is: an entity of a feature, and the node inside it (None: the entity itself)."""

    feature: str
    entity_id: UUID
    node_id: str | None = None

    @property
    def entity(self) -> "Address":
        """The address of the entity."""
        return self._replace(node_id=None)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node as answers show it. `distance` counts the links from the start (0: the start)."""

    feature: str
    entity_id: UUID
    node_id: str | None
    node_type: str
    name: str
    distance: int = 0

    @property
    def address(self) -> Address:
        """Where it is."""
        return Address(self.feature, self.entity_id, self.node_id)


@dataclass(frozen=True, slots=True)
class GraphLink:
    """A link as answers show it; its ends are the very nodes that it names.

    `color` is the link's own (`visual_properties`), else its type's; None where neither has one.
    """

    id: UUID
    source: GraphNode
    target: GraphNode
    link_type: str
    link_strength: float
    origin: str
    version_pin: str
    color: str | None


# Entities and nodes inside them apart: only so does the index find each at once.
_NODES = """
SELECT n.feature_type, n.entity_id, n.node_id, n.node_type, n.name
FROM unnest(%(features)s::text[], %(entities)s::uuid[]) AS a (feature_type, entity_id)
JOIN node_metadata n ON n.feature_type = a.feature_type AND n.entity_id = a.entity_id
    AND n.node_id IS NULL
WHERE n.organization_id = %(organization)s AND n.deleted_at IS NULL
UNION ALL
SELECT n.feature_type, n.entity_id, n.node_id, n.node_type, n.name
FROM unnest(%(inner_features)s::text[], %(inner_entities)s::uuid[], %(inner_nodes)s::text[])
    AS a (feature_type, entity_id, node_id)
JOIN node_metadata n ON n.feature_type = a.feature_type AND n.entity_id = a.entity_id
    AND n.node_id = a.node_id
WHERE n.organization_id = %(organization)s AND n.deleted_at IS NULL
"""


def find_nodes(actor: Actor, addresses: Iterable[Address]) -> dict[Address, GraphNode]:
    """Return the living nodes at `addresses`, in their order, in one query.

    Unknown ones are left out.
    """
    wanted = list(dict.fromkeys(addresses))
    if not wanted:
        return {}
    inner = [address for address in wanted if address.node_id is not None]
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "features": [address.feature for address in wanted if address.node_id is None],
        "entities": [address.entity_id for address in wanted if address.node_id is None],
        "inner_features": [address.feature for address in inner],
        "inner_entities": [address.entity_id for address in inner],
        "inner_nodes": [address.node_id for address in inner],
    }
    with reader().cursor() as cursor:
        cursor.execute(_NODES, parameters)
        found = {Address(*row[:3]): GraphNode(*row) for row in cursor.fetchall()}
    return {address: found[address] for address in wanted if address in found}


def require_nodes(actor: Actor, addresses: Iterable[Address]) -> list[GraphNode]:
    """Return the nodes at `addresses`, in their order, each once.

    Raises `NotFound` where one is unknown, foreign or deleted.
    """
    wanted = list(dict.fromkeys(addresses))
    found = find_nodes(actor, wanted)
    if len(found) < len(wanted):
        raise NotFound
    return [found[address] for address in wanted]
