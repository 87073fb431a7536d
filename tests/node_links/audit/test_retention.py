"""How long the trail is kept, and the reports on it."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, ProgrammingError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import scope, system_scope
from node_links.audit.report import audit_report
from node_links.audit.retention import keep_from, remove_expired
from node_links.models import AuditLog
from node_links.tasks.audit import cleanup_audit_logs
from tests.factories import Cast, make_sop
from tests.node_links.audit.conftest import trail

pytestmark = pytest.mark.django_db


def make_old(cast: Cast, *days: int) -> list[UUID]:
    """Write rows of so many days ago and return their ids."""
    made = []
    with system_scope():
        for age in days:
            moment = timezone.now() - timedelta(days=age)
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO audit_logs (audit_id, organization_id, table_name, operation,"
                    " record_id, changed_fields, changed_at, changed_by) VALUES"
                    " (uuid7_at(%s), %s, 'users', 'DELETE', %s, '{}', %s, %s) RETURNING audit_id",
                    [moment, cast.organization.pk, str(age), moment, cast.owner.user.pk],
                )
                made.append(cursor.fetchone()[0])
    return made


def kept(keys: list[UUID]) -> list[UUID]:
    return [row.pk for row in trail(pk__in=keys)]


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_what_is_older_goes_and_the_rest_stays(cast: Cast) -> None:
    keys = make_old(cast, 500, 400, 366, 364, 1)
    others = len(trail()) - len(keys)

    assert remove_expired(keep_from(), batch=2) == 3

    assert kept(keys) == keys[3:]
    removed = trail(event_type="AuditLogsRemoved")
    assert [(row.event_data or {})["removed"] for row in removed] == [2, 1]
    assert {(row.table_name, row.operation, row.organization_id) for row in removed} == {
        ("audit_logs", "DELETE", None)
    }
    assert len(trail()) == others + 2 + len(removed)
    assert remove_expired(keep_from()) == 0
    assert len(trail(event_type="AuditLogsRemoved")) == 2


def test_the_nightly_task_goes_by_the_setting(cast: Cast, settings: Settings) -> None:
    keys = make_old(cast, 40, 20)
    settings.AUDIT_DAYS = 30

    assert cleanup_audit_logs() == 1
    assert kept(keys) == keys[1:]


def test_the_command_counts_before_it_removes(cast: Cast) -> None:
    keys = make_old(cast, 9, 8, 3)

    assert run("cleanup_audit_logs", "--days", "5", "--dry-run").startswith("2 rows")
    assert kept(keys) == keys
    assert run("cleanup_audit_logs", "--days", "5").endswith("removed.\n")
    assert kept(keys) == keys[2:]
    with pytest.raises(CommandError, match="at least 1"):
        run("cleanup_audit_logs", "--days", "0")


def call(before: datetime) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cleanup_audit_logs(%s, 10)", [before])
        return cursor.fetchone()


def test_only_the_platform_shortens_the_trail(cast: Cast) -> None:
    keys = make_old(cast, 500)

    with (
        pytest.raises(ProgrammingError, match="only the platform itself"),
        scope(cast.owner.actor),
    ):
        call(keep_from())
    with pytest.raises(DataError, match="the last day"), system_scope():
        call(timezone.now())

    assert kept(keys) == keys


def test_the_last_day_is_kept_through_the_door_as_well(cast: Cast) -> None:
    make_sop(cast.editor)
    before = trail()

    with pytest.raises(DataError, match="the last day"):
        remove_expired(timezone.now())

    assert trail() == before


def test_the_report_counts_by_day_table_operation_and_person(cast: Cast) -> None:
    make_old(cast, 3, 3, 50)
    make_sop(cast.editor)
    make_sop(cast.editor)
    today = f"{timezone.now():%Y-%m-%d}"
    since = timezone.now() - timedelta(days=30)

    with scope(cast.owner.actor):
        lines = list(audit_report(since=since))
        ended = list(audit_report(since=since, until=timezone.now() - timedelta(days=2)))

    counted = {(line.day, line.table, line.operation, line.person): line.count for line in lines}
    day = f"{timezone.now() - timedelta(days=3):%Y-%m-%d}"
    assert counted[(today, "knowledge_base_sops", "INSERT", cast.editor.user.email)] == 2
    assert counted[(day, "users", "DELETE", cast.owner.user.email)] == 2
    assert counted[(today, "organizations", "INSERT", "")] == 1
    assert [line.as_dict()["count"] for line in ended] == [2]
    assert [line.day for line in lines] == sorted((line.day for line in lines), reverse=True)


def test_the_command_writes_three_forms(cast: Cast) -> None:
    make_sop(cast.editor)
    make_sop(cast.stranger)
    slug = cast.organization.slug
    columns = ["day", "table", "operation", "person", "count"]

    table = run("audit_report")
    assert "knowledge_base_sops" in table
    assert cast.stranger.user.email in table
    comma = list(csv.reader(io.StringIO(run("audit_report", "--format", "csv"))))
    assert comma[0] == columns
    document = json.loads(run("audit_report", "--format", "json", "--organization", slug))
    assert {tuple(line) for line in document} == {tuple(columns)}
    people = {line["person"] for line in document}
    assert cast.editor.user.email in people
    assert cast.stranger.user.email not in people
    assert sum(line["count"] for line in document) == len(
        trail(organization_id=cast.organization.pk)
    )
    with pytest.raises(CommandError, match="no organisation nowhere"):
        run("audit_report", "--organization", "nowhere")
    assert AuditLog.objects.count() == 0
