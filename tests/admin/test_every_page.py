"""Every page of the admin is shown, to whom it is meant for, without changing anything."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import User
from accounts.tenancy import system_scope
from config.models import SlowQuery
from tests.admin.conftest import World
from tests.factories import PASSWORD, UserFactory, make_spindle
from tests.spindles.stored import make_run

PLAN = {"Plan": {"Node Type": "Limit", "Plans": [{
    "Node Type": "Seq Scan", "Relation Name": "node_events", "Plan Rows": 9, "Total Cost": 1.5,
    "Filter": "(entity_id = $1)"}]}}  # fmt: skip
LOOKING_ONLY = {
    "AccessKey",
    "AccessAttempt",
    "SlowQuery",
    "PeriodicTask",
    "NodeMetadata",
    "NodeEvent",
    "EventReplay",
    "Export",
    "DirtyNode",
    "Saga",
    "EventDelivery",
    "DeadLetter",
    "AuditLog",
    "Webhook",
    "WebhookDelivery",
    "Notification",
    "Credential",
    "Execution",
    "SpindleTrigger",
    "TriggerFiring",
}


def _pages() -> Iterator[tuple[str, type[Model]]]:
    for model in admin.site._registry:
        yield f"{model._meta.app_label}_{model._meta.model_name}", model


def _fill_the_platform() -> None:
    now = datetime.now(UTC)
    SlowQuery.objects.create(
        fingerprint="f" * 64, sql="select 1", count=2, max_ms=250, total_ms=400, repeated=12,
        plan=PLAN, first_seen=now, last_seen=now, request_ids=["abc"],
        suggestions=[{"kind": "sequential_scan", "message": "Add it.", "sql": "CREATE INDEX …"}],
    )  # fmt: skip
    every = IntervalSchedule.objects.create(every=60, period="seconds")
    PeriodicTask.objects.create(
        name="sweep", task="node_links.tasks.search.sweep_index", interval=every
    )
    AccessAttempt.objects.create(
        username="a@example.com", ip_address="192.0.2.1", failures_since_start=5, user_agent="x"
    )


def _facts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(sum(revision), 0) FROM knowledge_base_sops),"
            " (SELECT count(*) FROM node_events), (SELECT count(*) FROM django_admin_log),"
            " (SELECT count(*) FROM knowledge_base_sops WHERE last_viewed_at IS NOT NULL)"
        )
        return dict(zip(("revisions", "events", "log", "viewed"), cursor.fetchone(), strict=True))


@pytest.mark.django_db
def test_every_list_add_and_change_page_is_shown_and_changes_nothing(
    page: Client, world: World
) -> None:
    _fill_the_platform()
    make_spindle(world.cast.owner, steps=[{"id": "a", "kind": "noop"}])
    make_run(world.cast.owner, statuses={"tell": "waiting"}, status="running")
    with system_scope():
        before = _facts()

    for name, model in _pages():
        shown = page.get(reverse(f"admin:{name}_changelist"))
        assert shown.status_code == 200, name
        add = page.get(reverse(f"admin:{name}_add"))
        assert add.status_code == (403 if model.__name__ in LOOKING_ONLY else 200), name
        with system_scope():
            row = model._default_manager.first()
        if row is not None:
            detail = page.get(reverse(f"admin:{name}_change", args=[row.pk]))
            assert detail.status_code == 200, name

    with system_scope():
        assert _facts() == before


@pytest.mark.django_db
def test_nobody_but_an_operator_sees_a_page(world: World) -> None:
    member = Client()
    member.force_login(world.cast.owner.user, backend="django.contrib.auth.backends.ModelBackend")
    addresses = [reverse(f"admin:{name}_changelist") for name, _ in _pages()]
    addresses += [reverse(f"admin:knowledge_base_sop_{p}") for p in ("search", "import", "preview")]

    for client in (Client(), member):
        for address in [reverse("admin:index"), *addresses]:
            answer = client.get(address)
            assert answer.status_code == 302, address
            assert answer["Location"].startswith(reverse("admin:login"))


@pytest.mark.django_db
def test_an_operator_without_rights_sees_the_index_and_no_rows(world: World) -> None:
    UserFactory.create(email="new@example.com", is_staff=True)
    client = Client()
    assert client.login(request=_request(), username="new@example.com", password=PASSWORD)

    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(reverse("admin:knowledge_base_sop_changelist")).status_code == 403
    assert client.get(reverse("admin:knowledge_base_sop_search")).status_code == 403
    assert client.get(reverse("admin:knowledge_base_sop_import")).status_code == 403
    change = reverse("admin:knowledge_base_sop_change", args=[world.restart.pk])
    assert client.post(change, {"title": "Mine"}).status_code == 403


@pytest.mark.django_db
def test_an_operator_sees_the_rows_of_every_organisation(page: Client, world: World) -> None:
    shown = page.get(reverse("admin:knowledge_base_sop_changelist")).content.decode()

    for sop in (world.restart, world.backup, world.foreign):
        assert sop.title in shown


@pytest.mark.django_db
def test_the_pages_of_tokens_and_raw_schedules_are_not_there(operator: User) -> None:
    names = {model.__name__ for _, model in _pages()}

    assert not names & {"OutstandingToken", "BlacklistedToken", "IdempotencyKey", "AccessLog",
                        "CrontabSchedule", "ClockedSchedule"}  # fmt: skip


def _request() -> object:
    from django.test import RequestFactory

    return RequestFactory().post("/admin/login/")
