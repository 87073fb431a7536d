"""A list of thirty rows costs what a list of two costs, and a page asks for everything once."""

from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.choices import Role
from accounts.services import create_access_key
from accounts.tenancy import scope
from config.models import SlowQuery
from node_links.models import NodeLinkType, Notification
from tests.admin.conftest import World
from tests.factories import make_model, make_person, make_sop, make_spindle
from tests.spindles.stored import make_run

# Transaction, scope, session and user included.
LISTS = {
    "knowledge_base_sop": 14,
    "node_links_nodemetadata": 12,
    "node_links_nodelink": 13,
    "node_links_nodelinktype": 12,
    "node_links_nodeevent": 12,
    "node_links_dirtynode": 12,
    "node_links_notification": 12,
    "spindles_execution": 12,
    "spindles_spindle": 14,
    "accounts_user": 11,
    "accounts_organization": 11,
    "accounts_membership": 12,
    "accounts_accesskey": 12,
    "axes_accessattempt": 11,
    "config_slowquery": 11,
    "django_celery_beat_periodictask": 11,
}

PAGES = {
    "knowledge_base_sop": 15,
    "function_models_functionmodel": 14,
    "spindles_spindle": 16,
    "spindles_execution": 26,
}


def _grow(world: World, rows: int) -> None:
    owner, now = world.cast.owner, datetime.now(UTC)
    every, _ = IntervalSchedule.objects.get_or_create(every=60, period="seconds")
    for n in range(rows):
        make_sop(owner, title=f"{rows}-{n}", content="[[Restart the mail server]] [[x]]",
                 tags=[f"tag{n}"])  # fmt: skip
        make_person(Role.VIEWER)
        make_run(owner)
        make_spindle(owner, name=f"{rows}-{n}", steps=[{"id": "a", "kind": "noop"}])
        with scope(owner.actor):
            create_access_key(actor=owner.actor, name=f"{rows}-{n}", scopes=["sops:read"])
            Notification.objects.create(
                organization=owner.organization, user=owner.user, kind="x", channel="email",
                event_id=uuid4(), entity_id=uuid4(), title=f"{rows}-{n}", status="failed",
            )  # fmt: skip
            NodeLinkType.objects.create(
                type_name=f"{rows}-{n}", organization=world.cast.organization
            )
        AccessAttempt.objects.create(username=f"{rows}-{n}", ip_address="192.0.2.1",
                                     failures_since_start=1, user_agent="x")  # fmt: skip
        SlowQuery.objects.create(fingerprint=f"{rows}-{n}", sql="select 1", first_seen=now,
                                 last_seen=now)  # fmt: skip
        PeriodicTask.objects.create(name=f"{rows}-{n}", task="x", interval=every)


def _queries(page: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert page.get(reverse(f"admin:{name}_changelist")).status_code == 200
    return len(captured)


@pytest.mark.django_db
def test_no_list_asks_more_for_thirty_rows(page: Client, world: World) -> None:
    _grow(world, 2)
    assert {name: _queries(page, name) for name in LISTS} == LISTS
    _grow(world, 28)

    assert {name: _queries(page, name) for name in LISTS} == LISTS


@pytest.mark.django_db
def test_a_page_asks_for_nothing_twice(page: Client, world: World) -> None:
    owner = world.cast.owner
    rows = {
        "knowledge_base_sop": make_sop(owner, content="[[Restart the mail server]] [[x]]"),
        "function_models_functionmodel": make_model(owner),
        "spindles_spindle": make_spindle(owner, steps=[{"id": "a", "kind": "noop"}]),
        "spindles_execution": make_run(owner),
    }

    asked = {name: _statements(page, name, row.pk) for name, row in rows.items()}

    assert {name: len(statements) for name, statements in asked.items()} == PAGES
    for statements in asked.values():
        reads = Counter(one for one in statements if one.startswith('SELECT "'))
        assert [one for one, times in reads.items() if times > 1] == []


def _statements(page: Client, name: str, pk: object) -> list[str]:
    address = reverse(f"admin:{name}_change", args=[pk])
    page.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert page.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]
