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


# Between an entity and one that is a link farther away, the link that carries most. What decides
# stands in the index; the rest is looked up for the links that are taken. Behind the fence
# (MATERIALIZED) each entity's links are read once, and not once for each that is farther away.
_SIDE = """
SELECT f.entity AS nearer, f.level, l.{there}_entity_id AS other, l.link_id, l.link_type,
    l.link_strength, {forth} AS forth
FROM unnest(%(nearer)s::uuid[], %(nearer_levels)s::int[]) AS f (entity, level)
JOIN node_links l ON l.organization_id = %(organization)s AND l.{here}_entity_id = f.entity
WHERE %({way})s::text[] IS NOT NULL AND (l.link_type = ANY(%({way})s::text[])) = %({way}_listed)s
    AND (%(with_runtime)s OR l.origin <> 'runtime')
    AND (%(node)s::text IS NULL OR f.level > 0 OR l.{here}_node_id = %(node)s)
"""
_FORTH = _SIDE.format(way="along", here="source", there="target", forth="true")
_BACK = _SIDE.format(way="against", here="target", there="source", forth="false")
_STEPS = f"""
WITH onward AS MATERIALIZED ({_FORTH} UNION ALL {_BACK})
SELECT b.nearer, b.other, b.link_id, b.link_type, b.link_strength,
    CASE WHEN b.forth THEN l.target_feature ELSE l.source_feature END,
    CASE WHEN b.forth THEN l.target_node_id ELSE l.source_node_id END
FROM (
    SELECT DISTINCT ON (o.other, o.nearer) o.*
    FROM onward o
    JOIN unnest(%(farther)s::uuid[], %(farther_levels)s::int[]) AS c (entity, level)
        ON c.entity = o.other AND c.level = o.level + 1
    ORDER BY o.other, o.nearer, CASE WHEN o.link_type = ANY(%(critical)s::text[])
        THEN greatest(o.link_strength, %(critical_carries)s) ELSE o.link_strength END DESC,
        o.link_id
) b
JOIN node_links l ON l.organization_id = %(organization)s AND l.link_id = b.link_id
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
    last = max(around.distances.values())
    nearer = {key.entity_id: far for key, far in around.distances.items() if far < last}
    levels = {start.entity_id: 0, **nearer}
    parameters: dict[str, Any] = {
        **followed.parameters(),
        "organization": actor.tenant_id,
        "nearer": list(levels),
        "nearer_levels": list(levels.values()),
        "farther": [key.entity_id for key in around.distances],
        "farther_levels": list(around.distances.values()),
        "node": start.node_id,
        "critical_carries": CRITICAL_CARRIES,
    }
    found: dict[UUID, list[tuple[UUID, Step]]] = {}
    with reader().cursor() as cursor:
        cursor.execute(_STEPS, parameters)
        for nearer, farther, pk, link_type, strength, feature, node_id in cursor.fetchall():
            step = Step(pk, link_type, float(strength), Address(feature, farther, node_id))
            found.setdefault(farther, []).append((nearer, step))
    return found
