"""Dropping the states of entities that have passed, when an event tells of a change.

It gives memory back; nobody asks for such a state any more.
"""

from uuid import UUID

from node_links.caching.bodies import body_key, forget_entity
from node_links.registry import features


def drop_passed_states(feature_type: str, entity_id: UUID) -> None:
    """Drop every body of the entity but that of its present state; all where it is deleted.

    Runs in a scope that sees the entity. Valkey is given two seconds at most, and may be away.
    """
    rows = features.get(feature_type).model.all_objects.filter(pk=entity_id, deleted_at=None)
    present = rows.only("organization_id", "revision", "updated_at").first()
    forget_entity(feature_type, entity_id, keep=body_key(present) if present else "")
