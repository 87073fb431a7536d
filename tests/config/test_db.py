"""Two doors to one database: who may migrate, and what the app role is given."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections
from django.db.utils import ConnectionRouter
from django.test.utils import CaptureQueriesContext

from config.db import OwnerMigrates, grant_app_role


def test_only_the_owner_migrates() -> None:
    router = OwnerMigrates()

    assert router.allow_migrate("owner", "accounts") is True
    assert router.allow_migrate("default", "accounts") is False


def test_reading_writing_and_relating_are_left_as_they_are() -> None:
    router = ConnectionRouter([OwnerMigrates()])

    assert router.db_for_read(Group) == "default"
    assert router.db_for_write(Group) == "default"
    assert router.allow_relation(Group(), Group()) is True


def test_migrating_another_alias_is_refused() -> None:
    with pytest.raises(CommandError, match="alias `owner` only"):
        call_command("migrate", database="default")


@pytest.mark.django_db
def test_tests_run_as_the_app_role_under_row_level_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        role = cursor.fetchone()

    assert role == ("nodeloom_app", False, False)


@pytest.mark.django_db
def test_the_app_role_uses_tables_and_changes_none() -> None:
    Group.objects.create(name="readers")

    assert Group.objects.count() == 1
    with pytest.raises(ProgrammingError, match="must be owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auth_group ADD COLUMN intruder int")


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_new_table_is_granted_after_its_migration() -> None:
    rights = "SELECT has_table_privilege('nodeloom_app', 'later', 'SELECT, INSERT, UPDATE, DELETE')"
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE later (id int)")
        cursor.execute(rights)
        before = cursor.fetchone()

        grant_app_role(using="owner", sender=None)

        cursor.execute(rights)
        assert (before, cursor.fetchone()) == ((False,), (True,))


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize(
    ("using", "user"), [("default", "nodeloom_app"), ("owner", "nodeloom_owner")]
)
def test_nothing_is_granted_on_another_alias_or_where_one_role_does_both(
    monkeypatch: pytest.MonkeyPatch, using: str, user: str
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "USER", user)

    with CaptureQueriesContext(connections["owner"]) as queries:
        grant_app_role(using=using)

    assert queries.captured_queries == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_migrations_outlive_tests_that_empty_the_tables(turn: int) -> None:
    from django.contrib.auth.models import Permission

    assert Permission.objects.exists()
    assert not Group.objects.exists()
    Group.objects.create(name=f"turn {turn}")
