"""What a feature lets others do with its entities, and with the nodes inside them."""

from typing import Any, ClassVar

from accounts.actors import Actor
from node_links.exceptions import NotOffered
from node_links.models import NodeEntity

Values = dict[str, Any]


class NodeOperations:
    """The writing side of a feature, as the door `nodes/` calls it. This base offers nothing.

    A feature overrides what it offers; the rest is refused with `NotOffered` (409). Each method
    runs inside a transaction with the entity's row locked, and does what the feature's own service
    does: it saves, raises the revision, syncs the nodes and records the feature's events. It checks
    the permission itself where changing needs more than the right to edit.

    `values` holds what the caller sent, checked for its shape: `name` (text), `position` (`{"x":
    number, "y": number}`), `data` (the feature's own fields, unchecked), and those of
    `visual_properties`, `metadata`, `search_keywords` that stand in `keeps` (for entities) or
    `keeps_inside` (for nodes inside one); the others are kept with the node. A fault is a
    `ValidationFailed` whose pointers begin at the node (`/name`, `/data/content`).
    """

    keeps: ClassVar[frozenset[str]] = frozenset()
    keeps_inside: ClassVar[frozenset[str]] = frozenset()

    def create_entity(self, *, actor: Actor, values: Values) -> NodeEntity:
        """Create an entity, for someone who may create, and return it."""
        raise NotOffered("Entities of this feature are not created here.")

    def update_entity(self, *, actor: Actor, entity: NodeEntity, values: Values) -> None:
        """Change fields of a locked entity; what changes nothing leaves no trace."""
        raise NotOffered(f"This feature does not let {_named(values)} be changed here.")

    def delete_entity(self, *, actor: Actor, entity: NodeEntity) -> None:
        """Delete a locked entity as the feature does: softly."""
        raise NotOffered("Entities of this feature are not deleted here.")

    def create_node(
        self,
        *,
        actor: Actor,
        entity: NodeEntity,
        node_id: str | None,
        node_type: str,
        values: Values,
    ) -> str:
        """Draw a node inside a locked entity and return its id, which may be given."""
        raise NotOffered("There are no nodes inside the entities of this feature.")

    def update_node(
        self, *, actor: Actor, entity: NodeEntity, node_id: str, values: Values
    ) -> None:
        """Change a node inside a locked entity."""
        raise NotOffered(f"This feature does not let {_named(values)} of a node be changed here.")

    def delete_node(self, *, actor: Actor, entity: NodeEntity, node_id: str) -> None:
        """Remove a node from a locked entity."""
        raise NotOffered("Nodes inside the entities of this feature are not removed here.")


def _named(values: Values) -> str:
    return ", ".join(sorted(values))
