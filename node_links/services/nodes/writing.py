"""Creating, changing and deleting nodes of any feature (BaseNodeRepository, UnifiedNodeService of
seed document 000, sections 1 and 4).

What a node is belongs to its feature, which is asked through its `NodeOperations`; what is set
beside that is kept with the node (`given.py`).
"""

from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import InvalidTransition, NotFound, ValidationFailed
from node_links.choices import EntityStatus
from node_links.models import NodeEntity, NodeMetadata
from node_links.operations import NodeOperations
from node_links.permissions import Act, require, require_creator
from node_links.services.nodes.addresses import EntityNode, NodeAddress
from node_links.services.nodes.locking import find_entities, find_feature, find_node
from node_links.services.nodes.setting import KEPT, set_on_nodes
from node_links.services.nodes.vectors import check_given_vector

# An archived entity is read for good; these say nothing of its content.
OPEN_WHEN_ARCHIVED = frozenset({"metadata"})
Values = dict[str, Any]


def create_node(
    *,
    actor: Actor,
    feature: str,
    values: Values,
    entity_id: UUID | None = None,
    node_id: str | None = None,
    node_type: str | None = None,
) -> EntityNode:
    """Create an entity of `feature`, or with `entity_id` a node inside that one; return its node.

    Raises `NotFound` (feature, entity), `Forbidden`, `ValidationFailed`, `NotOffered`.
    """
    with joined_transaction():
        address, kept = begin_node(
            actor=actor,
            feature=feature,
            values=values,
            entity_id=entity_id,
            node_id=node_id,
            node_type=node_type,
        )
        found = find_node(actor=actor, address=address)
        set_on_nodes(actor=actor, changes=[(found, kept)])
    return found


def begin_node(
    *,
    actor: Actor,
    feature: str,
    values: Values,
    entity_id: UUID | None,
    node_id: str | None,
    node_type: str | None,
) -> tuple[NodeAddress, Values]:
    """Let the feature create what `values` ask for; return its address and what is to be kept
    with its node. Raises as `create_node`."""
    operations = find_feature(feature).operations
    if entity_id is None:
        require_creator(actor)
        check_given_vector(values)
        if node_id is not None:
            raise ValidationFailed.of("/entity_id", "required", "Inside which entity?")
        given, kept = split(values, operations.keeps)
        entity = operations.create_entity(actor=actor, values=given)
        return NodeAddress(feature, entity.pk), kept
    within = find_entities(actor=actor, addresses=[NodeAddress(feature, entity_id)])
    if not within:
        raise NotFound
    [host] = within.values()
    require(actor, host, Act.EDIT)
    refuse_archived(host, {"node_type": node_type})
    check_given_vector(values)
    if node_type is None:
        raise ValidationFailed.of("/node_type", "required", "What kind of node?")
    given, kept = split(values, operations.keeps_inside)
    new = operations.create_node(
        actor=actor, entity=host, node_id=node_id, node_type=node_type, values=given
    )
    return NodeAddress(feature, entity_id, new), kept


def update_node(*, actor: Actor, found: EntityNode, values: Values) -> EntityNode:
    """Change a locked node (`locking.lock_node`) and return it as it is now.

    Raises `InvalidTransition` (archived), `ValidationFailed`, `NotOffered`. What changes nothing
    leaves no trace.
    """
    with joined_transaction():
        values = changed_values(found.node, values)
        check_update(found.entity, values)
        kept = update_in_feature(actor=actor, found=found, values=values)
        address = NodeAddress(found.node.feature_type, found.node.entity_id, found.node.node_id)
        if kept != values:
            # The feature has synced its nodes; the entity is the one it has changed.
            found = EntityNode(found.entity, find_node(actor=actor, address=address).node)
        set_on_nodes(actor=actor, changes=[(found, kept)])
    return found


def changed_values(node: NodeMetadata, values: Values) -> Values:
    """Return `values` without those that say of the node's name, place and model what is so
    already: sending back what was read asks nobody for anything."""
    place = {"x": float(node.position_x), "y": float(node.position_y)}
    present: Values = {"name": node.name, "position": place}
    if "vector_embedding" not in values:
        present["embedding_model"] = node.embedding_model or None
    return {
        name: value
        for name, value in values.items()
        if name not in present or value != present[name]
    }


def check_update(entity: NodeEntity, values: Values) -> None:
    """Raise `InvalidTransition` or `ValidationFailed` for what cannot be changed so."""
    refuse_archived(entity, values)
    check_given_vector(values)


def refuse_archived(entity: NodeEntity, names: Values) -> None:
    """Raise `InvalidTransition` where one of the fields of an archived entity is to be changed."""
    closed = sorted(name for name in names if name not in OPEN_WHEN_ARCHIVED)
    if entity.status == EntityStatus.ARCHIVED and closed:
        raise InvalidTransition(entity.status, detail=f"It is archived: {', '.join(closed)} stay.")


def update_in_feature(*, actor: Actor, found: EntityNode, values: Values) -> Values:
    """Let the feature change its part of a locked node; return what is to be kept with the node."""
    operations, node_id = _operations(found), found.node.node_id
    keeps = operations.keeps if node_id is None else operations.keeps_inside
    given, kept = split(values, keeps)
    if given and node_id is None:
        operations.update_entity(actor=actor, entity=found.entity, values=given)
    elif given and node_id is not None:
        operations.update_node(actor=actor, entity=found.entity, node_id=node_id, values=given)
    return kept


def delete_node(*, actor: Actor, found: EntityNode) -> None:
    """Delete a locked node: an entity as its feature does, a node inside one with its links.

    Raises `NotOffered`, and what the feature raises (`Forbidden`, `Conflict`).
    """
    operations, node_id = _operations(found), found.node.node_id
    with joined_transaction():
        if node_id is None:
            operations.delete_entity(actor=actor, entity=found.entity)
        else:
            refuse_archived(found.entity, {"node_id": node_id})
            operations.delete_node(actor=actor, entity=found.entity, node_id=node_id)


def deleting(address: NodeAddress) -> Act:
    """Return what somebody must be allowed to do in order to delete the node."""
    return Act.ADMINISTER if address.node_id is None else Act.EDIT


def split(values: Values, keeps: frozenset[str]) -> tuple[Values, Values]:
    """Return what the feature is to be told, and what is kept with the node."""
    kept = {name: value for name, value in values.items() if name in KEPT - keeps}
    return {name: value for name, value in values.items() if name not in kept}, kept


def _operations(found: EntityNode) -> NodeOperations:
    return find_feature(found.node.feature_type).operations
