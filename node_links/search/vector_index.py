"""Moving vectors into the HNSW index, in the background and only where it pays.

Inserting a row into HNSW costs more than making its vector, and an organisation with few vectors is
searched faster and exactly without it. So vectors are stored outside the index (`in_vector_index`
is false) until an organisation has more than `VECTOR_EXACT_ROWS` of them. From then on the sweep
keeps no more than a twentieth of that outside, the youngest: what is outside is compared one by
one.
"""

from typing import Any

from django.conf import settings
from django.db import connection

from accounts.tenancy import system_scope
from node_links.search.nearest import CHUNKS, NODES, VectorTable

INDEXED_DIMENSIONS = (256, 1536)
"""Lengths that have an HNSW index (migrations 0003 and 0004)."""

PER_RUN = 5000
PER_TRANSACTION = 250

_CROWDED = """
SELECT v.organization_id, v.embedding_model, v.dimensions, count(*) - %s
FROM {name} v WHERE NOT v.in_vector_index AND v.dimensions = ANY(%s)
GROUP BY v.organization_id, v.embedding_model, v.dimensions
HAVING count(*) > CASE WHEN EXISTS (
    SELECT FROM {name} i WHERE i.in_vector_index AND i.organization_id = v.organization_id
        AND i.embedding_model = v.embedding_model AND i.dimensions = v.dimensions
) THEN %s ELSE %s END
"""

# MATERIALIZED: a plan that asks the sub-select twice would move more than the limit.
_MOVE = """
WITH chosen AS MATERIALIZED (
    SELECT {key} AS key FROM {name} v
    WHERE v.organization_id = %s AND v.embedding_model = %s AND v.dimensions = %s
        AND NOT v.in_vector_index
    ORDER BY {key} LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE {name} v SET in_vector_index = true FROM chosen WHERE {key} = chosen.key
"""


def index_vectors(limit: int = PER_RUN) -> int:
    """Move at most `limit` vectors per table into the HNSW index; return how many were moved."""
    return sum(_index_table(table, limit) for table in (CHUNKS, NODES))


def outside(bound: int) -> int:
    """Return how many vectors of an organisation that has more than `bound` stay outside."""
    return bound // 20


def _index_table(table: VectorTable, limit: int) -> int:
    bound = settings.VECTOR_EXACT_ROWS
    statement = _CROWDED.format(name=table.name)
    with system_scope(), connection.cursor() as cursor:
        left = outside(bound)
        cursor.execute(statement, [left, list(INDEXED_DIMENSIONS), left, bound])
        crowded = cursor.fetchall()
    moved = 0
    for *group, excess in crowded:
        moved += _move(table, group, min(excess, limit - moved))
    return moved


def _move(table: VectorTable, group: list[Any], wanted: int) -> int:
    """Move `wanted` vectors of one organisation and model, a few at a time; return how many."""
    statement = _MOVE.format(name=table.name, key=table.key)
    moved = 0
    while moved < wanted:
        size = min(PER_TRANSACTION, wanted - moved)
        with system_scope(), connection.cursor() as cursor:
            cursor.execute(statement, (*group, size))
            count = cursor.rowcount
        moved += count
        if count < size:  # writers hold the rest
            break
    return moved
