"""The ways by which a walk has come to what it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.adjacency import Followed, Reached
from node_links.graph.nodes import Address
from node_links.graph.severity import CRITICAL_CARRIES, carried


@dataclass(frozen=True, slots=True)
class Step:
    """A link of a way, and the node at which it arrives."""

    link_id: UUID
    link_type: str
    strength: float
    address: Address


# Between an entity and one that is a link farther away, the link that carries most.
_SIDE = """
SELECT f.entity AS nearer, c.entity AS farther, l.link_id, l.link_type,
    l.link_strength, l.{there}_feature AS feature, l.{there}_node_id AS node_id
FROM unnest(%(entities)s::uuid[], %(levels)s::int[], %(nodes)s::text[])
    AS f (entity, level, node)
JOIN node_links l ON l.organization_id = %(organization)s AND l.{here}_entity_id = f.entity
JOIN unnest(%(entities)s::uuid[], %(levels)s::int[]) AS c (entity, level)
    ON c.entity = l.{there}_entity_id AND c.level = f.level + 1
WHERE %({way})s::text[] IS NOT NULL AND (l.link_type = ANY(%({way})s::text[])) = %({way}_listed)s
    AND (%(with_runtime)s OR l.origin <> 'runtime')
    AND (f.node IS NULL OR l.{here}_node_id = f.node)
"""
_FORTH = _SIDE.format(way="along", here="source", there="target")
_BACK = _SIDE.format(way="against", here="target", there="source")
_STEPS = f"""
SELECT DISTINCT ON (farther, nearer) *
FROM ({_FORTH} UNION ALL {_BACK}) l
ORDER BY farther, nearer, CASE WHEN link_type = ANY(%(critical)s::text[])
    THEN greatest(link_strength, %(critical_carries)s) ELSE link_strength END DESC, link_id
"""  # noqa: S608 - constants only


def find_ways(
    actor: Actor, start: Address, around: Reached, followed: Followed
) -> dict[Address, list[Step]]:
    """Return, for each entity that a walk shows, the strongest of the shortest ways to it.

    What a walk shows is nearest first, so whatever lies on the way is shown as well: all of it is
    found in one query. Of equally strong ways the one by the older link is taken.
    """
    steps = _steps(actor, start, around, followed)
    ways: dict[UUID, list[Step]] = {start.entity_id: []}
    scores = {start.entity_id: 1.0}
    for entity in around.distances:  # nearest first: the way to what is nearer is known
        best: tuple[float, int, UUID] | None = None
        for nearer, step in steps.get(entity.entity_id, []):
            if nearer not in ways:
                continue
            score = scores[nearer] * carried(step.link_type, step.strength)
            rank = (score, -step.link_id.int, nearer)
            if best is None or rank > best:
                best = rank
                scores[entity.entity_id] = score
                ways[entity.entity_id] = [*ways[nearer], step]
    return {key: ways[key.entity_id] for key in around.distances if key.entity_id in ways}


def _steps(
    actor: Actor, start: Address, around: Reached, followed: Followed
) -> Mapping[UUID, list[tuple[UUID, Step]]]:
    """Return {entity: [(a nearer entity, the link between them)]}."""
    if not around.distances:
        return {}
    entities = [start.entity_id, *(key.entity_id for key in around.distances)]
    parameters: dict[str, Any] = {
        **followed.parameters(),
        "organization": actor.tenant_id,
        "entities": entities,
        "levels": [0, *around.distances.values()],
        "nodes": [start.node_id],
        "critical_carries": CRITICAL_CARRIES,
    }
    found: dict[UUID, list[tuple[UUID, Step]]] = {}
    with reader().cursor() as cursor:
        cursor.execute(_STEPS, parameters)
        for nearer, farther, pk, link_type, strength, feature, node_id in cursor.fetchall():
            step = Step(pk, link_type, float(strength), Address(feature, farther, node_id))
            found.setdefault(farther, []).append((nearer, step))
    return found
