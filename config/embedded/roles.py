"""The roles and the database of an installation, made by the superuser and safe to make again.

`nodeloom_owner` owns the tables and runs the migrations; it bypasses row-level security so that a
data migration sees every row. `nodeloom_app` serves: neither superuser nor BYPASSRLS.
"""

from collections.abc import Callable

import psycopg
from psycopg import sql

from config.embedded.addresses import APP_ROLE, DATABASE, OWNER_ROLE

OWNER_ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION CREATEDB BYPASSRLS"
APP_ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOCREATEDB NOBYPASSRLS"


def ensure_roles(connect: Callable[[str], psycopg.Connection]) -> None:
    """Create what is missing and set what differs.

    `connect` returns an autocommit connection of the superuser to the database that it is given.
    The extension goes into template1: it is not a trusted one, and databases made later by the
    owner (those of the tests) inherit it from there.
    """
    with connect("template1") as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    with connect("postgres") as connection:
        _ensure_role(connection, OWNER_ROLE, OWNER_ATTRIBUTES)
        _ensure_role(connection, APP_ROLE, APP_ATTRIBUTES)
        _ensure_database(connection)
    with connect(DATABASE) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _ensure_role(connection: psycopg.Connection, name: str, attributes: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    connection.execute(
        sql.SQL(f"{verb} ROLE {{}} {attributes}").format(sql.Identifier(name))  # noqa: S608 - constants
    )


def _ensure_database(connection: psycopg.Connection) -> None:
    name, owner = sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
    known = connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
    ).fetchone()
    if not known:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
            name, sql.Identifier(APP_ROLE)
        )
    )
