"""The rows that migrations create: kept aside once, put back whenever a test has committed others.

Emptying every table after each test that commits would cost more than most such tests: there are
many tables, and few of them have rows. Only those are emptied, in the owner's name.
"""

from typing import Any

import psycopg
from psycopg import sql

# What `reference` holds of a table, against what is there now.
_SUM = "count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)"

# Tests look at how this table is read, which depends on its size; deleted rows would count.
PLANNED = "node_events"


class ReferenceRows:
    """A copy of every table that holds rows after the migrations, in the schema `reference`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Copy the rows, through an autocommit connection of the tables' owner."""
        self.connection = connection
        self._tables = [name for (name,) in self._rows("tables")]
        connection.execute("SELECT set_config('app.role', 'operator', false)")
        connection.execute("DROP SCHEMA IF EXISTS reference CASCADE")
        connection.execute("CREATE SCHEMA reference")
        self._columns: dict[str, sql.Composable] = {}
        for table in self._filled():
            self._copy(table)
        self._sums = {table: self._sum(table) for table in self._columns}

    def restore(self) -> None:
        """Empty the tables that have rows, and put the rows of the migrations back."""
        changed = [
            table
            for table in self._filled()
            if table not in self._sums or self._sum(table) != self._sums[table]
        ]
        missing = [t for t in self._columns if t not in changed and self._sum(t) != self._sums[t]]
        statements = ["SET LOCAL lock_timeout = '10s'"]
        statements += [f"ALTER TABLE public.{t} DISABLE TRIGGER USER" for t in changed + missing]
        statements += [f"DELETE FROM public.{t}" for t in changed]  # noqa: S608 - names of the catalogue
        for table in changed + missing:
            if table in self._columns:
                columns = self._columns[table].as_string(self.connection)
                statements.append(
                    f"INSERT INTO public.{table} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608
                    f" SELECT {columns} FROM reference.{table}"
                )
        # Enabling waits for the checks of foreign keys, which would refuse to share a transaction
        # with it while they are pending.
        statements.append("SET CONSTRAINTS ALL IMMEDIATE")
        statements += [f"ALTER TABLE public.{t} ENABLE TRIGGER USER" for t in changed + missing]
        if changed or missing:
            with self.connection.transaction():
                self.connection.execute("; ".join(statements).encode())
        if PLANNED in changed:
            self.connection.execute(f"VACUUM {PLANNED}".encode())

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _filled(self) -> list[str]:
        asked = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table})"  # noqa: S608 - as above
            for table in self._tables
        )
        return [name for (name,) in self.connection.execute(asked.encode()).fetchall()]

    def _sum(self, table: str) -> Any:
        asked = f"SELECT {_SUM} FROM public.{table} t"  # noqa: S608 - a name of the catalogue
        return self.connection.execute(asked.encode()).fetchone()

    def _copy(self, table: str) -> None:
        name = sql.Identifier(table)
        self.connection.execute(
            sql.SQL("CREATE TABLE reference.{} AS SELECT * FROM public.{}").format(name, name)
        )
        self._columns[table] = sql.SQL(", ").join(
            sql.Identifier(column) for (column,) in self._rows("columns", table)
        )

    def _rows(self, what: str, *values: str) -> list[Any]:
        queries = {
            "tables": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename <> 'django_migrations' ORDER BY 1",
            "columns": "SELECT column_name FROM information_schema.columns WHERE"
            " table_schema = 'public' AND is_generated = 'NEVER' AND table_name = %s",
        }
        return self.connection.execute(queries[what], list(values)).fetchall()
