"""PostgreSQL: reachable, new enough, with pgvector, with roles and tables as they must be."""

from collections.abc import Iterator

import psycopg
from django.db import DatabaseError, InterfaceError, connections

from config.database_roles import role_facts, tenant_tables
from config.doctor.findings import Finding, fine, wrong
from config.probes import pending_migrations

MIN_POSTGRES = 15
MIN_VECTOR = (0, 8)
START = "Run manage.py up, or look at DATABASE_URL and at the server's log."
ROLE_REMEDY = "ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS; and let another role own the tables."


def examine_database() -> Iterator[Finding]:
    """Look at PostgreSQL from the outside in; what lies behind a closed door is left out."""
    connection = connections["default"]
    try:
        connection.ensure_connection()
        version = connection.cursor().connection.info.server_version
    except (DatabaseError, InterfaceError) as error:
        yield wrong("PostgreSQL", f"Does not answer: {_first_line(error)}", START)
        return
    told = f"{version // 10000}.{version % 10000}"
    if version // 10000 < MIN_POSTGRES:
        yield wrong("PostgreSQL", f"{told} is too old.", f"Upgrade to {MIN_POSTGRES} or newer.")
    else:
        yield fine("PostgreSQL", told)
    yield _vector()
    yield _role()
    migrations = _migrations()
    yield migrations
    if not migrations.remedy:
        yield from examine_tenant_tables()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _vector() -> Finding:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        return wrong(
            "pgvector",
            "Not installed.",
            "As a superuser, in this database: CREATE EXTENSION vector",
        )
    if tuple(int(part) for part in row[0].split(".")[:2]) < MIN_VECTOR:
        return wrong(
            "pgvector", f"{row[0]} is too old.", "Install 0.8 and ALTER EXTENSION vector UPDATE"
        )
    return fine("pgvector", row[0])


def _role() -> Finding:
    role = role_facts(connections["default"])
    remedy = ROLE_REMEDY.format(name=role.name)
    if role.superuser or role.bypasses_rls:
        return wrong("Roles", f"{role.name} passes by row-level security.", remedy)
    if role.owned_tables:
        return wrong("Roles", f"{role.name} serves requests and owns tables.", remedy)
    return fine("Roles", f"{role.name}: no superuser, no BYPASSRLS, owns no table")


def _migrations() -> Finding:
    try:
        missing = pending_migrations()
    except psycopg.Error as error:
        return wrong("Migrations", _first_line(error), "Run manage.py migrate.")
    if missing:
        return wrong("Migrations", f"Not applied: {', '.join(missing)}.", "Run manage.py migrate.")
    return fine("Migrations", "all applied")


def examine_tenant_tables() -> Iterator[Finding]:
    """Look whether row-level security is on and forced on every table with organisations' rows."""
    tables = tenant_tables(connections["default"])
    bare = [table.name for table in tables if not table.guarded]
    for name in bare:
        yield wrong(
            "Row security",
            f"{name} has rows of organisations without forced row-level security and a policy.",
            f"Put {name} under row-level security in a migration of its app.",
        )
    if not bare:
        yield fine("Row security", f"forced on all {len(tables)} tables of organisations")
