"""The rows that migrations create: kept aside once, put back whenever a test emptied the tables."""

from typing import Any

import psycopg
from django.apps import apps
from psycopg import sql


class ReferenceRows:
    """A copy of every table that holds rows after the migrations, in the schema `reference`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Copy the rows, through an autocommit connection of the tables' owner."""
        self.connection = connection
        self._tables = [name for (name,) in self._rows("tables")]
        connection.execute("DROP SCHEMA IF EXISTS reference CASCADE")
        connection.execute("CREATE SCHEMA reference")
        self._columns: dict[str, sql.Composable] = {}
        for table in self._tables:
            name = sql.Identifier(table)
            filled = connection.execute(
                sql.SQL("SELECT EXISTS (SELECT FROM public.{})").format(name)
            ).fetchone()
            if filled == (True,):
                self._copy(table)

    def restore(self, *, sender: Any, using: str, **signal: Any) -> None:
        """Put the rows back: receiver of the signal that Django sends after emptying `default`.

        Tables without a model are emptied here, since Django does not know of them.
        """
        first = next(app for app in apps.get_app_configs() if app.models_module)
        if using != "default" or sender is not first:
            return
        with self.connection.transaction():
            self.connection.execute("SET LOCAL lock_timeout = '10s'")
            self.connection.execute(
                sql.SQL("TRUNCATE {}").format(
                    sql.SQL(", ").join(sql.Identifier("public", t) for t in self._tables)
                )
            )
            for table, columns in self._columns.items():
                for statement in (
                    "ALTER TABLE public.{table} DISABLE TRIGGER USER",
                    "INSERT INTO public.{table} ({columns}) OVERRIDING SYSTEM VALUE"
                    " SELECT {columns} FROM reference.{table}",
                ):
                    self.connection.execute(
                        sql.SQL(statement).format(table=sql.Identifier(table), columns=columns)
                    )
            # Enabling waits for the checks of foreign keys, which would refuse to share a
            # transaction with it while they are pending.
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in self._columns:
                self.connection.execute(
                    sql.SQL("ALTER TABLE public.{} ENABLE TRIGGER USER").format(
                        sql.Identifier(table)
                    )
                )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

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
