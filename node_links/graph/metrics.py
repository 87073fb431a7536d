"""The graph of an organisation in numbers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.bounds import limited_time
from node_links.graph.kinds import link_kinds
from node_links.graph.links import ENDS, SHOWN, link_of
from node_links.graph.nodes import GraphLink

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class GraphMetrics:
    """Counts and strengths over all links between living entities, whoever made them.

    `entities` counts those with a link, `orphans` those without. `connectivity` says for each
    feature how many links touch it, one inside the feature once. `density` is the share of ordered
    pairs of entities that are linked, 0 below two entities.
    """

    total_links: int
    entities: int
    orphans: int
    average_strength: float
    strongest: GraphLink | None
    weakest: GraphLink | None
    connectivity: dict[str, int]
    density: float
    by_type: dict[str, int]
    by_origin: dict[str, int]


_LIVING = """
node_links l
WHERE l.organization_id = %(organization)s
    AND NOT EXISTS (
        SELECT FROM node_metadata d WHERE d.organization_id = %(organization)s
            AND d.entity_id = l.source_entity_id AND d.node_id IS NULL AND d.deleted_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT FROM node_metadata d WHERE d.organization_id = %(organization)s
            AND d.entity_id = l.target_entity_id AND d.node_id IS NULL AND d.deleted_at IS NOT NULL)
"""
_COUNTS = f"""
SELECT l.source_feature, l.target_feature, l.link_type, l.origin, count(*), sum(l.link_strength)
FROM {_LIVING}
GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - constants only
_SHAPE = f"""
WITH pairs AS MATERIALIZED (
    SELECT DISTINCT l.source_entity_id AS source, l.target_entity_id AS target FROM {_LIVING}
)
SELECT
    (SELECT count(*) FROM pairs WHERE source <> target),
    (SELECT count(*) FROM (SELECT source FROM pairs UNION SELECT target FROM pairs) e),
    (SELECT count(*) FROM node_metadata WHERE organization_id = %(organization)s
        AND node_id IS NULL AND deleted_at IS NULL)
"""  # noqa: S608 - constants only
_ENDMOST = f"""
SELECT {SHOWN} FROM (
    (SELECT l.link_id, l.link_strength FROM {_LIVING}
     ORDER BY l.link_strength DESC, l.link_id LIMIT 1)
    UNION ALL
    (SELECT l.link_id, l.link_strength FROM {_LIVING}
     ORDER BY l.link_strength, l.link_id LIMIT 1)
) e
JOIN node_links l USING (link_id)
{ENDS}
ORDER BY l.link_strength DESC, l.link_id
"""  # noqa: S608 - constants only


def measure_graph(*, actor: Actor) -> GraphMetrics:
    """Return the metrics of the actor's organisation; zeros and None without links."""
    parameters = {"organization": actor.tenant_id}
    with limited_time(SECONDS), reader().cursor() as cursor:
        cursor.execute(_COUNTS, parameters)
        counts = cursor.fetchall()
        cursor.execute(_SHAPE, parameters)
        ((pairs, entities, living),) = cursor.fetchall()
        endmost: list[Any] = []
        if counts:
            cursor.execute(_ENDMOST, parameters)
            endmost = cursor.fetchall()
    kinds = link_kinds(actor)
    total = sum(row[4] for row in counts)
    strengths = sum((row[5] for row in counts), Decimal(0))
    return GraphMetrics(
        total_links=total,
        entities=entities,
        orphans=living - entities,
        average_strength=round(float(strengths / total), 4) if total else 0.0,
        strongest=link_of(endmost[0], kinds) if endmost else None,
        weakest=link_of(endmost[-1], kinds) if endmost else None,
        connectivity=_connectivity(counts),
        density=round(pairs / (entities * (entities - 1)), 6) if entities > 1 else 0.0,
        by_type=_by(2, counts),
        by_origin=_by(3, counts),
    )


def _connectivity(counts: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for source, target, _, _, number, _ in counts:
        for feature in {source, target}:
            found[feature] += number
    return dict(sorted(found.items()))


def _by(column: int, counts: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in counts:
        found[row[column]] += row[4]
    return dict(sorted(found.items()))
