"""The nearest neighbours of a vector: exact among few rows, by HNSW among many.

An HNSW index knows nothing of a filter: it returns the nearest of *all* rows, of which a tenant's
share may be none; and keeping a row in it costs more than making its vector. So it holds only what
`vector_index.py` has put there, of organisations with very many vectors. All other rows are
compared one by one, behind a MATERIALIZED fence that keeps the planner from other ideas. The index
is scanned iteratively (`hnsw.iterative_scan`, pgvector 0.8); should that give up early, its rows
are compared one by one as well. Only vectors of one model and one length are ever compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from config.replica import reader
from node_links.search.candidates import Candidates

_LEAST_EF_SEARCH, _LARGEST_EF_SEARCH = 64, 1000

# Is anything in the index? And for this transaction only: its scan goes on until enough rows have
# passed the filter.
_PREPARE = """
SELECT EXISTS (SELECT FROM {name} v WHERE {same_model} AND v.in_vector_index),
    set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.ef_search', %s, true)
"""


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

_COMPARED = """
compared AS MATERIALIZED (
    SELECT {key} AS key, {node}.metadata_id, {node}.feature_type, {node}.entity_id,
        v.vector_embedding <=> %s::vector AS distance
    FROM {source} WHERE {same_model} AND {rows} AND {condition}
)
"""
_EXACT = f"""
WITH {_COMPARED}
SELECT key, metadata_id, feature_type, entity_id, 1 - distance
FROM compared ORDER BY distance, key LIMIT %s
"""  # noqa: S608 - constants only

# What the index finds, and what is not in it. relaxed_order returns rows slightly out of order; the
# outer query puts them right.
_INDEXED = f"""
WITH near AS MATERIALIZED (
    SELECT {{key}} AS key, {{node}}.metadata_id, {{node}}.feature_type, {{node}}.entity_id,
        v.vector_embedding::vector({{dimensions}}) <=> %s::vector({{dimensions}}) AS distance
    FROM {{source}} WHERE {{same_model}} AND v.in_vector_index AND {{condition}}
    ORDER BY v.vector_embedding::vector({{dimensions}}) <=> %s::vector({{dimensions}}) LIMIT %s
), {_COMPARED}
SELECT key, metadata_id, feature_type, entity_id, 1 - distance, (SELECT count(*) FROM near)
FROM (TABLE near UNION ALL TABLE compared) AS both_sides ORDER BY distance, key LIMIT %s
"""  # noqa: S608 - constants only
_COUNT = (
    "SELECT count(*) FROM (SELECT FROM {source} WHERE {same_model} AND {condition} LIMIT %s) AS b"
)


def find_nearest(
    *,
    table: VectorTable,
    candidates: Candidates,
    model: str,
    vector: Sequence[float],
    limit: int,
) -> list[Neighbour]:
    """Return the `limit` rows of `candidates` nearest to `vector` by cosine, the nearest first.

    Exact but for rows in the HNSW index. Never fewer rows than there are.
    """
    return _Search(table, candidates, model, vector, limit).run()


def vector_literal(vector: Sequence[float]) -> str:
    """Return `vector` as pgvector reads it: a list of numbers, which is also JSON."""
    return orjson.dumps(list(vector), default=float).decode()


class _Search:
    """One question to one table."""

    def __init__(
        self,
        table: VectorTable,
        candidates: Candidates,
        model: str,
        vector: Sequence[float],
        limit: int,
    ) -> None:
        self.limit = limit
        self.literal = vector_literal(vector)
        self.same_model = [candidates.organization_id, model]
        condition, self.filters = candidates.condition(table.node)
        self.is_narrowed = candidates.entities is not None
        self.parts: dict[str, object] = {
            "name": table.name,
            "key": table.key,
            "node": table.node,
            "source": table.source,
            "condition": condition,
            "dimensions": len(vector),
            # Written out, so that the planner sees that the partial index applies.
            "same_model": "v.organization_id = %s AND v.embedding_model = %s"
            f" AND v.dimensions = {len(vector):d}",
        }

    def run(self) -> list[Neighbour]:
        if not self._any_indexed() or self._few():
            return self._exact()
        return self._indexed() or self._exact()

    def _any_indexed(self) -> bool:
        ef_search = min(max(2 * self.limit, _LEAST_EF_SEARCH), _LARGEST_EF_SEARCH)
        return bool(self._value(_PREPARE, [*self.same_model, str(ef_search)]))

    def _few(self) -> bool:
        """Return whether a filter leaves few enough rows to compare them all."""
        bound = settings.VECTOR_EXACT_ROWS + 1
        parameters = [*self.same_model, *self.filters, bound]
        return self.is_narrowed and int(self._value(_COUNT, parameters)) < bound

    def _exact(self) -> list[Neighbour]:
        parameters = [self.literal, *self.same_model, *self.filters, self.limit]
        return [Neighbour(*row) for row in self._rows(_EXACT, parameters, rows="true")]

    def _indexed(self) -> list[Neighbour]:
        """Return what the index finds and what is outside of it; nothing where it gave up early."""
        condition = [*self.same_model, *self.filters]
        parameters = [self.literal, *condition, self.literal, self.limit]
        parameters += [self.literal, *condition, self.limit]
        found = self._rows(_INDEXED, parameters, rows="NOT v.in_vector_index")
        if not found or found[0][-1] < self.limit:
            return []
        return [Neighbour(*row[:-1]) for row in found]

    def _rows(self, sql: str, parameters: list[Any], **parts: str) -> list[tuple[Any, ...]]:
        with reader().cursor() as cursor:
            cursor.execute(sql.format(**self.parts, **parts), parameters)
            return list(cursor.fetchall())

    def _value(self, sql: str, parameters: list[Any]) -> Any:
        with reader().cursor() as cursor:
            cursor.execute(sql.format(**self.parts), parameters)
            row = cursor.fetchone()
        return row[0] if row else None
