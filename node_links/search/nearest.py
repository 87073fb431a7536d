"""The nearest neighbours of a vector: exact where few rows are visible, by HNSW where many are.

An HNSW index knows nothing of a filter: it returns the nearest of *all* rows, of which a tenant's
share may be none. So a small visible set is compared row by row behind a MATERIALIZED fence, which
keeps the planner off the index and is fast enough; a large one is scanned iteratively
(`hnsw.iterative_scan`, pgvector 0.8), and if that still gives up early, it is compared row by row
too. Only vectors of one model and one length are ever compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from node_links.search.candidates import Candidates

# Dimensions that have an HNSW index (migration 0003); others are always compared exactly.
INDEXED_DIMENSIONS = frozenset({256, 1536})
_LARGEST_EF_SEARCH = 1000


class Neighbour(NamedTuple):
    """A row near the vector: its key, its node and the cosine similarity, -1 to 1."""

    key: UUID
    node: UUID
    feature_type: str
    entity_id: UUID
    similarity: float


@dataclass(frozen=True, slots=True)
class VectorTable:
    """A table with vectors, called `v`, and how its row of `node_metadata` is called beside it."""

    name: str
    key: str
    source: str
    node: str


CHUNKS = VectorTable(
    name="node_chunks",
    key="v.chunk_id",
    source="node_chunks v JOIN node_metadata m ON m.metadata_id = v.node_id",
    node="m",
)
NODES = VectorTable(name="node_metadata", key="v.metadata_id", source="node_metadata v", node="v")

_EXACT = """
WITH compared AS MATERIALIZED (
    SELECT {key} AS key, {node}.metadata_id, {node}.feature_type,
        {node}.entity_id,
        v.vector_embedding <=> %s::vector AS distance
    FROM {source} WHERE {same_model} AND {condition}
)
SELECT key, metadata_id, feature_type, entity_id, 1 - distance
FROM compared ORDER BY distance, key LIMIT %s
"""

# relaxed_order returns rows slightly out of order; the outer query puts them right.
_INDEXED = """
WITH near AS MATERIALIZED (
    SELECT {key} AS key, {node}.metadata_id, {node}.feature_type,
        {node}.entity_id,
        v.vector_embedding::vector({dimensions}) <=> %s::vector({dimensions}) AS distance
    FROM {source} WHERE {same_model} AND {condition}
    ORDER BY v.vector_embedding::vector({dimensions}) <=> %s::vector({dimensions}) LIMIT %s
)
SELECT key, metadata_id, feature_type, entity_id, 1 - distance FROM near ORDER BY distance, key
"""

_COUNT = "SELECT count(*) FROM (SELECT FROM {source} WHERE {condition} LIMIT %s) AS bounded"


def find_nearest(
    *,
    table: VectorTable,
    candidates: Candidates,
    model: str,
    vector: Sequence[float],
    limit: int,
) -> list[Neighbour]:
    """Return the `limit` rows of `candidates` nearest to `vector` by cosine, the nearest first.

    Exact up to `VECTOR_EXACT_ROWS` visible rows; beyond, what HNSW finds. Never fewer rows than
    there are.
    """
    dimensions = len(vector)
    literal = vector_literal(vector)
    # Written into the statement, so that the planner sees that the partial index applies.
    same_model = (
        f"v.organization_id = %s AND v.embedding_model = %s AND v.dimensions = {dimensions:d}"
    )
    condition, filters = candidates.condition(table.node)
    parts = {
        "key": table.key,
        "node": table.node,
        "source": table.source,
        "same_model": same_model,
    }
    common = [candidates.organization_id, model, *filters]
    exact = _EXACT.format(condition=condition, **parts)
    if dimensions not in INDEXED_DIMENSIONS or _is_small(table, candidates, model, dimensions):
        return _rows(exact, [literal, *common, limit])
    indexed = _INDEXED.format(condition=condition, dimensions=dimensions, **parts)
    with transaction.atomic():
        _widen(limit)
        found = _rows(indexed, [literal, *common, literal, limit])
    if len(found) < limit:
        return _rows(exact, [literal, *common, limit])
    return found


def vector_literal(vector: Sequence[float]) -> str:
    """Return `vector` as pgvector reads it; float32 needs nine digits to be told exactly."""
    return "[" + ",".join([f"{number:.9g}" for number in vector]) + "]"


def _is_small(table: VectorTable, candidates: Candidates, model: str, dimensions: int) -> bool:
    """Return whether few enough rows are visible to compare them all; the count is bounded."""
    bound = settings.VECTOR_EXACT_ROWS + 1
    source = table.name
    condition = f"organization_id = %s AND embedding_model = %s AND dimensions = {dimensions:d}"
    parameters: list[Any] = [candidates.organization_id, model]
    if _count(source, condition, parameters, bound) < bound:
        return True
    if candidates.entities is None:
        return False
    # Many vectors, but perhaps few that pass the filter.
    filters, more = candidates.condition(table.node)
    condition = f"v.organization_id = %s AND v.embedding_model = %s AND {filters}"
    return _count(table.source, condition, [*parameters, *more], bound) < bound


def _count(source: str, condition: str, parameters: list[Any], bound: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(source=source, condition=condition), [*parameters, bound])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _widen(limit: int) -> None:
    """Let the index scan of this transaction go on until `limit` rows have passed the filter."""
    ef_search = min(max(2 * limit, 100), _LARGEST_EF_SEARCH)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),"
            " set_config('hnsw.ef_search', %s, true)",
            [str(ef_search)],
        )


def _rows(sql: str, parameters: list[Any]) -> list[Neighbour]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Neighbour(*row) for row in cursor.fetchall()]
