"""How models nest in each other: walked over drafts and live versions, with one statement."""

from typing import Any

import rustworkx
from django.db import connection

from function_models.models import FunctionModel
from function_models.validation.structural import MAX_LEVELS
from function_models.validation.subject import Nesting

# What the model itself nests comes from the caller, who may not have saved it yet. Ids are texts in
# drawings, and may be anything. A model's arrows are followed once, so the walk ends in a circle.
_WALK = """
WITH RECURSIVE walk(source, target) AS (
    SELECT %(root)s::text, t FROM unnest(%(nested)s::text[]) AS t
    UNION
    SELECT w.target, lower(inner_node #>> '{data,nested_model_id}')
    FROM walk w
    JOIN function_models m ON m.organization_id = %(organization)s AND m.deleted_at IS NULL
        AND m.model_id = CASE WHEN w.target ~ %(uuid)s THEN w.target::uuid END
    LEFT JOIN function_model_versions v ON v.entity_id = m.model_id
        AND v.version = m.published_version
    CROSS JOIN LATERAL (
        SELECT m.nodes_data UNION ALL SELECT v.content -> 'nodes_data' WHERE v.content IS NOT NULL
    ) AS drawings(nodes)
    CROSS JOIN LATERAL jsonb_array_elements(drawings.nodes) AS inner_node
    WHERE w.target <> %(root)s AND inner_node ->> 'type' = 'functionModelContainer'
)
SELECT source, target FROM walk
"""
_UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"


def nesting_of(model: FunctionModel) -> Nesting:
    """Return how far models nest below `model`, and a way back to it, if there is one.

    Levels are counted up to one more than are allowed.
    """
    nested = {
        action.data.nested_model_id.lower()
        for action in model.canvas.actions
        if action.type == "functionModelContainer"
    }
    if not nested:
        return Nesting()
    arrows = _arrows(model, nested)
    root = str(model.pk)
    return Nesting(cycle=_way_back(root, arrows), levels=_levels(root, arrows))


def _arrows(model: FunctionModel, nested: set[str]) -> list[tuple[str, str]]:
    parameters: dict[str, Any] = {
        "root": str(model.pk),
        "nested": sorted(nested),
        "organization": model.organization_id,
        "uuid": _UUID,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WALK, parameters)
        return [(source, target) for source, target in cursor.fetchall()]


def _way_back(root: str, arrows: list[tuple[str, str]]) -> tuple[str, ...]:
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
    ids = list(dict.fromkeys([root, *(end for arrow in arrows for end in arrow)]))
    index = dict(zip(ids, graph.add_nodes_from(ids), strict=True))
    graph.add_edges_from_no_data([(index[source], index[target]) for source, target in arrows])
    back = [
        [index[root], *way]
        for first in graph.successor_indices(index[root])
        for way in rustworkx.digraph_dijkstra_shortest_paths(graph, first, index[root]).values()
    ]
    if not back:
        return ()
    shortest = min(back, key=len)
    return tuple(graph[known] for known in shortest)


def _levels(root: str, arrows: list[tuple[str, str]]) -> int:
    below: dict[str, set[str]] = {}
    for source, target in arrows:
        below.setdefault(source, set()).add(target)
    level, levels = {root}, 0
    while level and levels <= MAX_LEVELS:
        level = {target for known in level for target in below.get(known, ())}
        levels += 1
    return levels
