"""Roles, database and rights of an installation."""

from collections.abc import Iterator

import psycopg
import pytest

from config.embedded.addresses import APP_ROLE, DATABASE, OWNER_ROLE
from config.embedded.postgres import PORT, THROWAWAY, PostgresServer
from config.embedded.roles import ensure_roles
from tests.plugins.data_dirs import fresh_data_dir


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server whose roles were made twice: the second time must change nothing."""
    with fresh_data_dir() as data_dir:
        server = PostgresServer(data_dir, {**THROWAWAY, "shared_buffers": "16MB"})
        server.start(data_dir / "postgres.log")
        ensure_roles(server.connect)
        ensure_roles(server.connect)
        yield server
        server.stop()


def connect_as(server: PostgresServer, role: str, database: str = DATABASE) -> psycopg.Connection:
    """Connect as an ordinary role."""
    return psycopg.connect(
        host=str(server.socket_dir), port=PORT, user=role, dbname=database, autocommit=True
    )


def test_the_roles_have_exactly_the_rights_they_need(server: PostgresServer) -> None:
    with server.connect() as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
            " FROM pg_roles WHERE rolname IN (%s, %s) ORDER BY 1",
            [APP_ROLE, OWNER_ROLE],
        ).fetchall()

    assert rows == [
        (APP_ROLE, False, False, False, False, False),
        (OWNER_ROLE, False, True, True, False, False),
    ]


def test_a_database_made_by_the_owner_knows_vectors(server: PostgresServer) -> None:
    with connect_as(server, OWNER_ROLE) as connection:
        connection.execute("CREATE DATABASE another")
    with connect_as(server, OWNER_ROLE, "another") as connection:
        row = connection.execute("SELECT '[1,2]'::vector <-> '[1,2]'::vector").fetchone()

    assert row == (0.0,)


def test_the_app_role_serves_and_makes_nothing(server: PostgresServer) -> None:
    with (
        connect_as(server, APP_ROLE) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE intruder (id int)")
    with connect_as(server, OWNER_ROLE) as connection:
        connection.execute("CREATE TABLE own (id int)")


def test_a_role_that_was_given_too_much_is_put_right(server: PostgresServer) -> None:
    with server.connect() as connection:
        connection.execute("ALTER ROLE nodeloom_app SUPERUSER BYPASSRLS")

    ensure_roles(server.connect)

    with server.connect() as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", [APP_ROLE]
        ).fetchone()
    assert row == (False, False)
