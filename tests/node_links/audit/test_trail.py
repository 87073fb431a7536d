"""What triggers write: every change, whoever makes it and however, and nothing else."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from accounts.auditing import Audited
from accounts.choices import Role
from accounts.models import AccessKey, Membership, Organization, User
from accounts.services import change_role, create_access_key
from accounts.tenancy import scope, system_scope
from config.database_roles import tenant_tables
from config.request_context import request_context
from knowledge_base.models import Sop, SopReference, SopVersion
from knowledge_base.services.sops import publish_sop, update_sop
from node_links.audit.tables import EXEMPT
from node_links.models import AuditLog, NodeLink, NodeLinkType
from tests.factories import Cast, UserFactory, make_person, make_sop
from tests.node_links.audit.conftest import last, trail

pytestmark = pytest.mark.django_db


def test_every_table_of_organisations_is_audited_or_says_why_not() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ '^pgtrigger_audited_'"
        )
        audited = {name for (name,) in cursor.fetchall()}
    tables = {table.name for table in tenant_tables(connection)}

    assert audited >= {"organizations", "users"}
    assert tables - audited == tables & EXEMPT.keys()
    assert audited.isdisjoint(EXEMPT)


def test_a_new_row_has_new_data_only(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Start")

    row = last(sop.pk)
    assert (row.operation, row.table_name, row.old_data) == ("INSERT", "knowledge_base_sops", None)
    assert row.new_data is not None
    assert row.new_data["title"] == "Start"
    assert row.changed_fields == []
    assert (row.organization_id, row.changed_by_id) == (
        cast.organization.pk,
        cast.editor.user.pk,
    )
    assert row.model_id == sop.pk
    assert abs(row.changed_at - timezone.now()) < timedelta(minutes=1)


def test_a_change_has_both_and_names_what_differs(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Start")

    with scope(cast.admin.actor):
        update_sop(actor=cast.admin.actor, pk=sop.pk, values={"category": "IT"})

    row = last(sop.pk)
    assert row.operation == "UPDATE"
    assert row.old_data is not None
    assert row.new_data is not None
    assert (row.old_data["category"], row.new_data["category"]) == (None, "IT")
    assert row.changed_fields == ["category", "revision", "updated_at"]
    assert row.changed_by_id == cast.admin.user.pk


def test_a_deleted_row_keeps_its_old_data(cast: Cast) -> None:
    with system_scope():
        kind = NodeLinkType.objects.create(
            organization=cast.organization, type_name="repairs", color="#112233"
        )
    key = kind.pk
    with scope(cast.admin.actor):
        kind.delete()

    row = last(key)
    assert (row.operation, row.new_data) == ("DELETE", None)
    assert row.old_data is not None
    assert row.old_data["color"] == "#112233"


def test_bulk_updates_and_plain_sql_are_caught(cast: Cast) -> None:
    sops = [make_sop(cast.editor, title=f"SOP {number}") for number in range(3)]
    keys = [str(sop.pk) for sop in sops]

    with scope(cast.editor.actor):
        Sop.objects.update(category="Bulk")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE knowledge_base_sops SET category = 'Plain'")
            cursor.execute("DELETE FROM knowledge_base_sops WHERE sop_id = %s", [sops[0].pk])

    rows = trail(record_id__in=keys)
    seen = [(row.operation, (row.new_data or {}).get("category")) for row in rows[3:]]
    assert seen == [("UPDATE", "Bulk")] * 3 + [("UPDATE", "Plain")] * 3 + [("DELETE", None)]
    assert {row.changed_by_id for row in rows} == {cast.editor.user.pk}


def test_links_are_audited_and_derived_references_are_not(cast: Cast) -> None:
    make_sop(cast.editor, title="Start")
    make_sop(cast.editor, title="Stop", content="See [[Start]].")

    with system_scope():
        assert SopReference.objects.count() == 1
        link = NodeLink.objects.get()
    assert last(link.pk).operation == "INSERT"
    assert trail(table_name="sop_references") == []


def test_what_changes_nothing_leaves_no_trail(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    before = trail()

    with scope(cast.editor.actor):
        Sop.objects.update(last_viewed_at=timezone.now())
        Sop.objects.update(updated_at=timezone.now(), title=F("title"))
        Organization.objects.filter(pk=cast.organization.pk).update(updated_at=timezone.now())
    User.objects.filter(pk=cast.editor.user.pk).update(last_login=timezone.now())

    assert trail() == before
    with scope(cast.editor.actor):
        Sop.objects.filter(pk=sop.pk).update(title="New", last_viewed_at=timezone.now())
    assert last(sop.pk).changed_fields == ["title"]
    assert "last_viewed_at" not in (last(sop.pk).new_data or {})


def test_what_is_rolled_back_leaves_no_trail(cast: Cast) -> None:
    before = trail()

    with pytest.raises(RuntimeError), scope(cast.editor.actor):
        Sop.objects.create(organization=cast.organization, title="x", content="y")
        assert len(AuditLog.objects.filter(table_name="knowledge_base_sops")) == 1
        raise RuntimeError

    assert trail() == before


def test_a_change_whose_trail_cannot_be_written_does_not_happen(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Start")

    with pytest.raises(DatabaseError), scope(cast.editor.actor), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.execution_id', 'no uuid', true)")
        cursor.execute("UPDATE knowledge_base_sops SET title = 'Stop'")

    with scope(cast.editor.actor):
        assert Sop.objects.get(pk=sop.pk).title == "Start"


def test_secrets_are_redacted_on_both_sides(cast: Cast) -> None:
    user = cast.viewer.user
    user.set_password("another horse battery staple")
    with scope(cast.viewer.actor):
        user.save()
        key, secret = create_access_key(actor=cast.viewer.actor, name="robot", scopes=["*:read"])

    row = last(user.pk)
    assert row.changed_fields == ["password"]
    assert row.old_data is not None
    assert row.new_data is not None
    assert row.old_data["password"] == row.new_data["password"] == "[redacted]"
    assert row.new_data["email"] == user.email
    stored = last(key.pk)
    assert stored.new_data is not None
    assert stored.new_data["key_hash"] == "[redacted]"
    assert (stored.new_data["name"], stored.new_data["prefix"]) == ("robot", secret[:8])
    assert not [row for row in trail() if key.key_hash in str((row.old_data, row.new_data))]


def test_hashed_columns_are_kept_as_their_digest() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT redact_audit('{"text": "über", "none": null, "id": 1}', '{}',"""
            """ ARRAY['text', 'none', 'absent'])::text"""
        )
        (found,) = cursor.fetchone()

    digest = hashlib.sha256("über".encode()).hexdigest()
    assert found == f'{{"id": 1, "none": null, "text": "sha256:{digest}"}}'


@pytest.mark.parametrize("model", [User, AccessKey, Organization, Membership, NodeLink, Sop])
def test_the_trigger_in_the_database_is_the_one_of_the_model(model: Any) -> None:
    triggers = [one for one in model._meta.triggers if one.name.startswith("audited")]

    assert triggers
    for trigger in triggers:
        assert trigger.get_installation_status(model, database="default")[0] == "INSTALLED"


def test_a_trigger_for_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="accounts.User has no passwort"):
        Audited(secret=["passwort"]).get_func(User())


def test_the_request_and_the_run_are_named(cast: Cast) -> None:
    run = uuid4()
    with request_context("req-17"), scope(cast.editor.actor), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.execution_id', %s, true)", [str(run)])
        sop = Sop.objects.create(organization=cast.organization, title="x", content="y")
        # The transaction of a test goes on where one of the platform would end with its settings.
        cursor.execute("SELECT set_config('app.execution_id', '', true)")

    assert (last(sop.pk).request_id, last(sop.pk).execution_id) == ("req-17", run)

    answer = cast.editor.client.patch(
        f"/api/v1/sops/{sop.pk}/", {"title": "z"}, headers={"X-Request-ID": "req-18"}
    )
    assert answer.status_code == 200
    assert (last(sop.pk).request_id, last(sop.pk).execution_id) == ("req-18", None)


def test_a_nested_scope_gives_the_request_back(cast: Cast) -> None:
    with request_context("outer"), scope(cast.editor.actor):
        with request_context("inner"), scope(cast.admin.actor):
            inner = Sop.objects.create(organization=cast.organization, title="i", content="")
        outer = Sop.objects.create(organization=cast.organization, title="o", content="")

    assert (last(inner.pk).request_id, last(outer.pk).request_id) == ("inner", "outer")
    assert last(outer.pk).changed_by_id == cast.editor.user.pk


def test_accounts_are_audited_with_and_without_an_organisation(cast: Cast) -> None:
    loner = UserFactory.create()
    assert {row.organization_id for row in trail(record_id=str(loner.pk))} == {None}

    with scope(cast.owner.actor):
        changed = Membership.objects.get(user=cast.viewer.user)
        change_role(actor=cast.owner.actor, membership=changed, role=Role.EDITOR)
        Organization.objects.filter(pk=cast.organization.pk).update(name="Renamed")
        User.objects.filter(pk=loner.pk).update(name="Known")

    here = cast.organization.pk
    assert last(changed.pk).changed_fields == ["role", "updated_at"]
    assert last(changed.pk).organization_id == here
    assert (last(here).organization_id, last(here).changed_fields) == (here, ["name"])
    assert last(loner.pk).organization_id == here
    with system_scope():
        shared = NodeLinkType.objects.create(type_name="shared")
    assert last(shared.pk).organization_id is None


def test_versions_belong_to_the_trail_of_their_entity(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.editor.actor):
        publish_sop(actor=cast.editor.actor, pk=sop.pk)
        version = SopVersion.objects.get(entity=sop)

    assert (last(version.pk).table_name, last(version.pk).model_id) == ("sop_versions", sop.pk)


def test_the_ids_stand_in_the_order_of_the_changes(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="0")

    with scope(cast.editor.actor):
        for number in range(1, 30):
            Sop.objects.filter(pk=sop.pk).update(title=str(number))

    rows = trail(record_id=str(sop.pk))
    assert [(row.new_data or {})["title"] for row in rows] == [str(n) for n in range(30)]
    assert {(row.pk.version, row.pk.variant) for row in rows} == {(7, "specified in RFC 4122")}
    stamp = rows[-1].pk.int >> 80
    assert stamp == int(rows[-1].changed_at.timestamp() * 1000)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_logs SET changed_by = NULL",
        "DELETE FROM audit_logs",
        "SELECT set_config('app.audit_cleanup', 'on', true); DELETE FROM audit_logs",
        "SELECT set_config('pgtrigger.ignore', '{append_only}', true); DELETE FROM audit_logs",
    ],
)
def test_nobody_changes_the_trail(cast: Cast, statement: str) -> None:
    before = trail()

    for actor in (cast.owner.actor, None):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            scope(actor) if actor else system_scope(),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    assert trail() == before


@pytest.mark.django_db(databases=["default", "owner"])
def test_even_the_owner_of_the_table_deletes_through_the_function_only() -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT set_config('app.role', 'operator', true)")
        cursor.execute(
            "INSERT INTO audit_logs (audit_id, table_name, operation, record_id, changed_fields,"
            " changed_at) VALUES (gen_random_uuid(), 'users', 'DELETE', 'x', '{}', now())"
        )
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute("DELETE FROM audit_logs")


def test_tenants_see_their_own_trail_only(cast: Cast) -> None:
    make_sop(cast.editor)
    make_sop(cast.stranger)
    loner: Any = UserFactory.create()

    for person in (cast.editor, cast.stranger):
        with scope(person.actor):
            tenants = set(AuditLog.objects.values_list("organization_id", flat=True))
            assert tenants == {person.organization.pk}
            assert not AuditLog.objects.filter(record_id=str(loner.pk)).exists()
    assert AuditLog.objects.count() == 0


def test_a_key_of_another_organisation_leaves_its_trail_there() -> None:
    person = make_person(Role.OWNER)
    with scope(person.actor):
        key, _ = create_access_key(actor=person.actor, name="robot", scopes=["*:read"])
        AccessKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())

    assert [row.operation for row in trail(record_id=str(key.pk))] == ["INSERT"]
    assert last(key.pk).organization_id == person.organization.pk
