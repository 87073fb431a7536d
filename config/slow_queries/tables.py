"""What PostgreSQL knows of a table: its size, its columns, the columns of its indexes."""

from dataclasses import dataclass

from django.db import connections


@dataclass(frozen=True, slots=True)
class TableFacts:
    """`rows` is the planner's estimate; `indexes` holds the columns of each index, in order."""

    name: str
    rows: int
    columns: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]

    def has_index(self, columns: list[str]) -> bool:
        """Return whether some index starts with these columns, in whatever order."""
        return any(set(index[: len(columns)]) == set(columns) for index in self.indexes)


_FACTS = """
    SELECT greatest(c.reltuples, 0)::bigint,
           array(SELECT attname::text FROM pg_attribute
                 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum),
           (SELECT coalesce(json_agg(columns), '[]') FROM (
               SELECT json_agg(coalesce(a.attname, '') ORDER BY k.place) AS columns
               FROM pg_index i
               CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
               LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
               WHERE i.indrelid = c.oid GROUP BY i.indexrelid) AS held)
    FROM pg_class c
    WHERE c.relname = %s AND pg_table_is_visible(c.oid)
"""


def table_facts(name: str, *, using: str = "default") -> TableFacts | None:
    """Return the facts of the visible table `name`; None where there is no such table."""
    with connections[using].cursor() as cursor:
        cursor.execute(_FACTS, [name])
        row = cursor.fetchone()
    if row is None:
        return None
    rows, columns, indexes = row
    return TableFacts(name, rows, tuple(columns), tuple(tuple(index) for index in indexes))
