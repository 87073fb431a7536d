"""What has run out is forgotten at night, in batches; what somebody may still need stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.celery import app
from config.ids import uuid7
from node_links.events.purging import purge_dedup_keys, purge_replays
from node_links.models import (
    DedupKey,
    EventReplay,
    NodeEvent,
    Saga,
    SagaStep,
    WebhookDelivery,
)
from node_links.sagas.purging import purge_sagas
from node_links.tasks import events as event_tasks
from node_links.tasks import sagas as saga_tasks
from node_links.tasks import webhooks as webhook_tasks
from node_links.webhooks.purging import purge_messages
from node_links.webhooks.services import create_webhook
from tests.factories import Person, make_person, make_sop

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    """Return an administrator."""
    return make_person(Role.ADMIN)


def ago(**span: float) -> Any:
    """Return a moment in the past."""
    return timezone.now() - timedelta(**span)


def left(rows: QuerySet[Any], column: str) -> list[Any]:
    """Return what is still there, in order."""
    with system_scope():
        return sorted(rows.values_list(column, flat=True))


def messages(person: Person, *states: tuple[str, Any]) -> None:
    """Store messages of one webhook, each with a state and the moment it ended."""
    with scope(person.actor):
        webhook, _ = create_webhook(actor=person.actor, url="https://example.com/", types=["*"])
        for number, (status, finished_at) in enumerate(states):
            WebhookDelivery.objects.create(
                organization=person.organization, webhook=webhook, event_id=uuid7(),
                event_type=f"E{number}", status=status, not_before=ago(days=40),
                finished_at=finished_at,
            )  # fmt: skip


def test_finished_messages_go_after_their_days_and_waiting_ones_stay(person: Person) -> None:
    messages(
        person,
        ("succeeded", ago(days=31)),
        ("failed", ago(days=31)),
        ("succeeded", ago(days=29)),
        ("pending", None),
        ("failed", ago(days=32)),
    )

    assert purge_messages(batch=2) == 3

    assert left(WebhookDelivery.objects.all(), "event_type") == ["E2", "E3"]
    assert purge_messages() == 0


def test_sagas_of_a_good_end_go_with_their_steps_and_others_stay(person: Person) -> None:
    old, young = ago(days=91), ago(days=89)
    wanted = {
        "completed-old": ("completed", old),
        "compensated-old": ("compensated", old),
        "failed-old": ("failed", old),
        "running-old": ("running", None),
        "completed-young": ("completed", young),
    }
    with scope(person.actor):
        for name, (status, finished_at) in wanted.items():
            saga = Saga.objects.create(
                organization=person.organization, name=name, status=status, role="admin",
                lease_until=old, finished_at=finished_at,
            )  # fmt: skip
            SagaStep.objects.create(
                organization=person.organization, saga=saga, position=1, name=f"step of {name}"
            )

    assert purge_sagas(batch=1) == 2

    kept = ["completed-young", "failed-old", "running-old"]
    assert left(Saga.objects.all(), "name") == kept
    assert left(SagaStep.objects.all(), "name") == [f"step of {name}" for name in kept]


def test_replays_go_when_what_they_sent_is_forgotten_too(person: Person) -> None:
    with scope(person.actor):
        for total, finished_at in enumerate([ago(days=8), ago(days=6), None]):
            EventReplay.objects.create(
                organization=person.organization, request={}, total=total, finished_at=finished_at
            )

    assert purge_replays(batch=1) == 1

    assert left(EventReplay.objects.all(), "total") == [1, 2]


def test_keys_against_doubles_go_when_they_bind_nobody_any_more(person: Person) -> None:
    with scope(person.actor):
        for key, seconds in (("old", 121), ("older", 500), ("young", 100)):
            DedupKey.objects.create(
                organization=person.organization, key=key, event_id=uuid7(),
                published_at=ago(seconds=seconds),
            )  # fmt: skip

    assert purge_dedup_keys(batch=1) == 2

    assert left(DedupKey.objects.all(), "key") == ["young"]


def test_events_are_never_forgotten(person: Person) -> None:
    sop = make_sop(person)
    tasks: list[Callable[[], int]] = [
        event_tasks.purge_deliveries,
        event_tasks.purge_replays,
        event_tasks.purge_dedup_keys,
        saga_tasks.purge_sagas,
        webhook_tasks.purge_messages,
    ]

    assert [task() for task in tasks] == [0, 0, 0, 0, 0]

    with system_scope():
        assert NodeEvent.objects.filter(entity_id=sop.pk).count() == 1


def test_each_of_them_is_done_every_night_by_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    schedule: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    nightly = {
        entry["task"]: entry["options"]["queue"]
        for name, entry in schedule.items()
        if name.startswith("purge-")
    }

    assert {
        "node_links.tasks.events.purge_replays",
        "node_links.tasks.events.purge_dedup_keys",
        "node_links.tasks.webhooks.purge_messages",
        "node_links.tasks.sagas.purge_sagas",
    } <= nightly.keys()
    assert nightly.keys() <= app.tasks.keys()
    assert set(nightly.values()) <= set(settings.CELERY_TASK_QUEUES)
