"""One step along the links: the one place that says what is next to what."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from config.replica import reader
from node_links.graph.nodes import Address


class Direction(StrEnum):
    """Which links are followed: along the arrow, against it, or either way."""

    OUT = "out"
    IN = "in"
    BOTH = "both"

    @classmethod
    def of(cls, value: str) -> "Direction":
        """Return the direction. Raises `ValidationFailed` for an unknown one."""
        if value not in list(cls):
            raise ValidationFailed.of("?direction", "invalid_choice", "Choose out, in or both.")
        return cls(value)


# A deleted entity is recognised by its own node; the deleted are few, and in an index of their own.
_STEP = """
SELECT DISTINCT l.{there}_feature, l.{there}_entity_id
FROM unnest(%(features)s::text[], %(entities)s::uuid[], %(nodes)s::text[])
    AS f(feature, entity_id, node_id)
JOIN node_links l ON l.organization_id = %(organization)s
    AND l.{here}_feature = f.feature AND l.{here}_entity_id = f.entity_id
    AND (f.node_id IS NULL OR l.{here}_node_id = f.node_id)
WHERE (%(types)s::text[] IS NULL OR l.link_type = ANY(%(types)s::text[]))
    AND NOT EXISTS (
        SELECT FROM node_metadata d WHERE d.organization_id = %(organization)s
            AND d.feature_type = l.{there}_feature AND d.entity_id = l.{there}_entity_id
            AND d.node_id IS NULL AND d.deleted_at IS NOT NULL)
"""
_OUT = _STEP.format(here="source", there="target")
_IN = _STEP.format(here="target", there="source")
_STEPS = {
    Direction.OUT: _OUT,
    Direction.IN: _IN,
    Direction.BOTH: f"{_OUT} UNION {_IN}",
}


def expand(
    actor: Actor,
    frontier: Iterable[Address],
    *,
    direction: Direction,
    types: Sequence[str] | None,
    limit: int,
) -> set[Address]:
    """Return the living entities one link away from `frontier`, in one query, at most `limit`."""
    places = list(frontier)
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "features": [place.feature for place in places],
        "entities": [place.entity_id for place in places],
        "nodes": [place.node_id for place in places],
        "types": types,
        "limit": limit,
    }
    with reader().cursor() as cursor:
        cursor.execute(f"{_STEPS[direction]} LIMIT %(limit)s", parameters)
        return {Address(feature, entity) for feature, entity in cursor.fetchall()}
