"""Moving vectors into the HNSW index, in the background and only where it pays.

Inserting a row into HNSW costs more than making its vector, and an organisation with few vectors is
searched faster and exactly without it. So vectors are stored outside the index (`in_vector_index`
is false), and the sweep moves the oldest of an organisation that has more than `VECTOR_EXACT_ROWS`
outside, until half of that is left.
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
SELECT organization_id, embedding_model, dimensions, count(*) - %s
FROM {name} WHERE NOT in_vector_index AND dimensions = ANY(%s)
GROUP BY organization_id, embedding_model, dimensions HAVING count(*) > %s
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


def _index_table(table: VectorTable, limit: int) -> int:
    bound = settings.VECTOR_EXACT_ROWS
    statement = _CROWDED.format(name=table.name)
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(statement, [bound // 2, list(INDEXED_DIMENSIONS), bound])
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
