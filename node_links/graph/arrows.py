"""All arrows between the entities of an organisation, small enough to search them in memory.

A million links would be hundreds of megabytes as Python objects. So they come as PostgreSQL's
binary COPY, of which numpy keeps 34 bytes for each, and in the end two numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import sql

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.adjacency import FEATURE_OF_CODE
from node_links.graph.nodes import Address

MAX_ARROWS = 1_000_000
"""How many links are looked at; beyond them the answer is incomplete, and says so."""

_COPY = """
COPY (
    SELECT l.source_entity_id, l.target_entity_id,
        ascii(l.source_feature), ascii(l.target_feature)
    FROM node_links l
    WHERE l.organization_id = {organization} AND l.source_entity_id <> l.target_entity_id
        AND ({with_runtime} OR l.origin <> 'runtime')
        AND NOT EXISTS (
            SELECT FROM node_metadata d
            WHERE d.organization_id = {organization} AND d.entity_id = l.source_entity_id
                AND d.node_id IS NULL AND d.deleted_at IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM node_metadata d
            WHERE d.organization_id = {organization} AND d.entity_id = l.target_entity_id
                AND d.node_id IS NULL AND d.deleted_at IS NOT NULL)
    LIMIT {limit}
) TO STDOUT (FORMAT binary)
"""

_HEADER = 19
"""Bytes before the first row: signature, flags, length of the (empty) extension."""

# A row as COPY writes it: the number of fields, then each field with its length before it.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(("a_length", ">i4"), ("a_high", ">u8"), ("a_low", ">u8")),
        *(("b_length", ">i4"), ("b_high", ">u8"), ("b_low", ">u8")),
        *(("a_code_length", ">i4"), ("a_code", ">i4")),
        *(("b_code_length", ">i4"), ("b_code", ">i4")),
    ]
)
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Arrows:
    """Arrows between numbered entities, parallel ones merged, sorted by source and target.

    The numbers follow the order of `feature:entity_id`. `complete` is False where there are more
    links than `MAX_ARROWS`.
    """

    entities: Any
    sources: Any
    targets: Any
    complete: bool

    def address(self, number: int) -> Address:
        """Return the entity with this number."""
        code, high, low = (int(column[number]) for column in self.entities)
        return Address(FEATURE_OF_CODE[code], UUID(int=(high << 64) | low))

    @property
    def size(self) -> int:
        """How many entities there are."""
        return len(self.entities[0])


def read_arrows(actor: Actor, *, include_runtime: bool) -> Arrows:
    """Return the arrows between the living entities of the actor's organisation."""
    statement = sql.SQL(_COPY).format(
        organization=sql.Literal(actor.tenant_id),
        with_runtime=sql.Literal(include_runtime),
        limit=sql.Literal(MAX_ARROWS + 1),
    )
    chunks = list(_chunks(statement))
    rows = sum(len(chunk[0]) for chunk in chunks)
    if not rows:
        nothing = np.empty(0, dtype=np.int64)
        return Arrows((nothing, nothing, nothing), nothing, nothing, complete=True)
    columns = [np.concatenate(column) for column in zip(*chunks, strict=True)]
    a_code, a_high, a_low, b_code, b_high, b_low = columns
    entities, numbers = _numbered(
        np.concatenate([a_code, b_code]),
        np.concatenate([a_high, b_high]),
        np.concatenate([a_low, b_low]),
    )
    size = len(entities[0])
    merged = np.unique(numbers[:rows] * size + numbers[rows:])
    return Arrows(entities, merged // size, merged % size, complete=rows <= MAX_ARROWS)


def _chunks(statement: sql.Composable) -> Iterator[tuple[Any, ...]]:
    """Yield (code, high, low) of source and target, for some thousand links at a time."""
    with reader().cursor() as cursor, cursor.copy(statement) as copy:
        buffer = bytearray()
        skip = _HEADER
        for block in copy:
            buffer += block
            if skip and len(buffer) >= skip:
                del buffer[:skip]
                skip = 0
            if len(buffer) >= _ROWS_AT_ONCE * _ROW.itemsize:
                yield _columns(buffer)
        yield _columns(buffer)


def _columns(buffer: bytearray) -> tuple[Any, ...]:
    """Take the whole rows out of `buffer` and return their columns; the trailer stays in it."""
    whole = len(buffer) // _ROW.itemsize
    rows = np.frombuffer(bytes(buffer[: whole * _ROW.itemsize]), dtype=_ROW)
    del buffer[: whole * _ROW.itemsize]
    return (
        rows["a_code"].astype(np.uint8),
        rows["a_high"].astype(np.uint64),
        rows["a_low"].astype(np.uint64),
        rows["b_code"].astype(np.uint8),
        rows["b_high"].astype(np.uint64),
        rows["b_low"].astype(np.uint64),
    )


def _numbered(codes: Any, highs: Any, lows: Any) -> tuple[tuple[Any, Any, Any], Any]:
    """Return the distinct (code, high, low) in order, and for each given one its number."""
    order = np.lexsort((lows, highs, codes))
    codes, highs, lows = codes[order], highs[order], lows[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (codes[1:] != codes[:-1]) | (highs[1:] != highs[:-1]) | (lows[1:] != lows[:-1])
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    return (codes[is_new], highs[is_new], lows[is_new]), numbers
