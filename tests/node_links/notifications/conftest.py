"""Events as they are delivered, and a mail server to send to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import system_scope
from config.ids import uuid7
from node_links.events.envelope import Event
from node_links.events.reading import event_of
from node_links.models import NodeEvent, Notification
from node_links.notifications import doorbell
from node_links.subscribers import notify_people
from tests.factories import Person
from tests.smtp_server import SmtpServer, smtp_server

Rung = list[float]


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Collect the pauses with which the mail task is asked for, instead of asking the broker."""
    asked: Rung = []
    monkeypatch.setattr(doorbell, "ring", lambda seconds=0.0: asked.append(seconds))
    return asked


@pytest.fixture
def postbox(settings: Settings) -> Iterator[SmtpServer]:
    """Return a mail server that the platform sends to."""
    with smtp_server() as server:
        use_server(settings, server.port)
        yield server


def use_server(settings: Settings, port: int) -> None:
    """Let the platform send its mail to a server on this machine."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def deliver(event: Event) -> None:
    """Hand the event to the subscriber, as the relay does."""
    with system_scope():
        notify_people(event)


def stored_event(entity_id: UUID, event_type: str) -> Event:
    """Return the newest event of this type that an entity has recorded."""
    with system_scope():
        row = NodeEvent.objects.filter(entity_id=entity_id, event_type=event_type).latest("pk")
        return event_of(row)


def make_event(person: Person, event_type: str, **changes: Any) -> Event:
    """Return an event in the organisation of `person`, nobody's act unless `user_id` is given."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "event_type": event_type,
        "schema_version": 1,
        "stored_version": 1,
        "feature_type": "spindle",
        "entity_id": uuid7(),
        "node_id": None,
        "sequence": 1,
        "data": {},
        "timestamp": timezone.now(),
        "user_id": None,
        "organization_id": person.organization.pk,
        "correlation_id": None,
        "causation_id": None,
        "execution_id": None,
    }
    return Event(**{**values, **changes})


def failed_run(person: Person, **changes: Any) -> Event:
    """Return the failure of a run that `person` started by hand."""
    data = {
        "user_id": str(person.user.pk),
        "name": "Nightly import",
        "error": "the secret input",
        "failed_step_ids": ["load", "check"],
        **changes.pop("data", {}),
    }
    changes.setdefault("execution_id", uuid7())
    return make_event(person, "WorkflowExecutionFailed", data=data, **changes)


def told(**filters: Any) -> list[Notification]:
    """Return the notices that stand in the database, the oldest first."""
    with system_scope():
        return list(Notification.objects.filter(**filters).order_by("pk"))


def people_told(**filters: Any) -> set[UUID]:
    """Return whom notices were written for."""
    return {row.user_id for row in told(**filters)}


def pass_time(**period: float) -> None:
    """Let everything that is written down have happened so much longer ago."""
    past = timedelta(**period)
    with system_scope():
        for row in Notification.objects.mails():
            for name in ("not_before", "sent_at", "created_at"):
                moment = getattr(row, name)
                setattr(row, name, None if moment is None else moment - past)
            row.save()
