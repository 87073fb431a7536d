"""The second wall: PostgreSQL itself shows the app role no row of another organisation.

Tables are taken from the catalogue, so that a new one without a policy fails here.
"""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from accounts.actors import Actor
from accounts.choices import Role
from accounts.models import AccessKey, Membership, Organization
from accounts.tenancy import enter_access_key, scope, system_scope
from config.database_roles import role_facts, tenant_tables
from node_links.models import NodeLinkType
from tests.accounts.conftest import make_key
from tests.accounts.world import World, make_world
from tests.factories import Cast

REFUSED = "violates row-level security policy"
# Link types that every organisation has stand in the same table, without an organisation.
SHARED = {"node_link_types"}
# Rows of one person each: without the person they are nobody's, and so refused by the wall too.
PERSONAL = {"notifications", "notification_preferences"}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def unguarded(database: BaseDatabaseWrapper) -> list[str]:
    """Return the tables with rows of organisations that have no forced policy."""
    found = [table.name for table in tenant_tables(database) if not table.guarded]
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy"
            " WHERE polrelid = c.oid) FROM pg_class c WHERE oid = 'organizations'::regclass"
        )
        guarded = cursor.fetchone() == (True,)
    return found if guarded else ["organizations", *found]


def _tables() -> dict[str, str]:
    """Return the tenant's column of each table with rows of organisations."""
    named = {table.name: "organization_id" for table in tenant_tables(connection)}
    return {"organizations": "id", **named}


def _tenants_seen(table: str, column: str) -> set[UUID]:
    query = sql.SQL("SELECT DISTINCT {} FROM {}").format(
        sql.Identifier(column), sql.Identifier(table)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def _run(statement: str, table: str, column: str, *values: Any) -> int:
    names = {"table": sql.Identifier(table), "tenant": sql.Identifier(column)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**names), values)
        return int(cursor.rowcount)


@pytest.mark.django_db
def test_every_table_of_organisations_is_behind_the_wall() -> None:
    assert len(_tables()) > 10
    assert unguarded(connection) == []


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize(
    "wall",
    [
        [],
        ["ALTER TABLE newcomers ENABLE ROW LEVEL SECURITY"],
        [
            "ALTER TABLE newcomers ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY tenant ON newcomers USING (true)",
        ],
        [
            "ALTER TABLE newcomers ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE newcomers FORCE ROW LEVEL SECURITY",
        ],
    ],
)
def test_a_new_table_with_half_a_wall_is_found(wall: list[str]) -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("CREATE TABLE newcomers (organization_id uuid)")
        for statement in wall:
            cursor.execute(statement)

    assert unguarded(owner) == ["newcomers"]


@pytest.mark.django_db
def test_the_app_role_is_bound_by_policies() -> None:
    role = role_facts(connection)

    assert (role.superuser, role.bypasses_rls, role.owned_tables) == (False, False, 0)


def test_every_table_has_rows_of_both_and_shows_none_without_a_scope(world: World) -> None:
    both = {world.ann.organization.pk, world.bob.organization.pk}
    for table, column in _tables().items():
        with system_scope():
            assert _tenants_seen(table, column) >= both, f"give {table} a row in world.py"
        shared = {None} if table in SHARED else set()
        assert _tenants_seen(table, column) == shared, table


def test_a_tenant_sees_its_own_rows_and_no_others(world: World) -> None:
    for person in (world.ann, world.bob):
        with scope(person.actor):
            for table, column in _tables().items():
                shared = {None} if table in SHARED else set()
                seen = _tenants_seen(table, column)
                assert seen == {person.organization.pk} | shared, table


def test_a_row_of_another_organisation_cannot_be_added(world: World) -> None:
    insert = "INSERT INTO {table} ({tenant}) VALUES (%s)"
    own, other = world.ann.organization.pk, world.bob.organization.pk
    with scope(world.ann.actor):
        for table, column in _tables().items():
            foreign = uuid4() if table == "organizations" else other
            with pytest.raises(ProgrammingError, match=REFUSED):
                _run(insert, table, column, foreign)
            # The same row with the own organisation gets past the wall, and then lacks values.
            refusal = ProgrammingError if table in PERSONAL else IntegrityError
            with pytest.raises(refusal):
                _run(insert, table, column, own)


def test_nothing_can_be_added_without_a_scope(world: World) -> None:
    for table, column in _tables().items():
        with pytest.raises(ProgrammingError, match=REFUSED):
            _run("INSERT INTO {table} ({tenant}) VALUES (%s)", table, column, uuid4())


def test_rows_of_another_organisation_can_neither_be_changed_nor_deleted(world: World) -> None:
    other = world.bob.organization.pk
    with scope(world.ann.actor):
        for table, column in _tables().items():
            change = "UPDATE {table} SET {tenant} = {tenant} WHERE {tenant} = %s"
            assert _run(change, table, column, other) == 0, table
            assert _run("DELETE FROM {table} WHERE {tenant} = %s", table, column, other) == 0, table


def test_rows_cannot_be_given_away(world: World) -> None:
    own, other = world.ann.organization.pk, world.bob.organization.pk
    # Append-only tables refuse every change by a trigger before that.
    tables = {"memberships", "access_keys", "node_metadata", "node_chunks", "sop_references"}
    with scope(world.ann.actor):
        for table in sorted(tables):
            with pytest.raises(ProgrammingError, match=REFUSED):
                _run(
                    "UPDATE {table} SET {tenant} = %s WHERE {tenant} = %s",
                    table,
                    "organization_id",
                    other,
                    own,
                )


def test_what_all_organisations_share_can_be_seen_and_not_changed(world: World) -> None:
    shared = NodeLinkType.objects.filter(organization=None)
    with scope(world.ann.actor):
        before = shared.count()
        assert before > 0
        assert shared.update(organization=world.ann.organization) == 0
        assert shared.delete()[0] == 0
        assert shared.count() == before


def test_memberships_elsewhere_can_be_seen_and_not_changed(cast: Cast) -> None:
    other = cast.stranger.organization
    with system_scope():
        Membership.objects.create(organization=other, user=cast.owner.user, role=Role.VIEWER)
    elsewhere = Membership.objects.filter(organization=other)

    with scope(cast.owner.actor):
        assert [row.user_id for row in elsewhere] == [cast.owner.user.pk]
        assert Organization.objects.filter(pk=other.pk).exists()
        assert elsewhere.update(role=Role.OWNER) == 0
        assert elsewhere.delete()[0] == 0
        assert Organization.objects.filter(pk=other.pk).update(name="Taken") == 0
        assert Organization.objects.filter(pk=other.pk).delete()[0] == 0


def test_a_presented_key_shows_itself_only_and_can_be_changed_by_nobody(cast: Cast) -> None:
    from accounts.services import hash_access_key

    secret = make_key(cast.editor)
    make_key(cast.admin)

    with transaction.atomic():
        enter_access_key(hash_access_key(secret))
        assert [key.user_id for key in AccessKey.objects.all()] == [cast.editor.user.pk]
        assert AccessKey.objects.update(scopes=["*:write"]) == 0
        enter_access_key(hash_access_key("nl_unknown"))
        assert AccessKey.objects.count() == 0


def test_a_forged_setting_is_no_organisation(world: World) -> None:
    nobody = Actor(user_id=uuid4(), organization_id=uuid4(), role=Role.OWNER)

    with scope(nobody):
        for table, column in _tables().items():
            assert _tenants_seen(table, column) - {None} == set(), table
