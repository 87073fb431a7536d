"""A receiver on this machine, an organisation that sends to it, and the way a message goes."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from node_links.events.envelope import Event
from node_links.events.reading import event_of
from node_links.models import NodeEvent, Webhook, WebhookDelivery
from node_links.subscribers import tell_webhooks
from node_links.webhooks.services import create_webhook
from tests.factories import Cast, make_sop
from tests.http_server import HttpServer, Request, http_server

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[HttpServer]:
    """Return a server that may be reached from here."""
    with http_server() as running:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{running.port}"]
        yield running


@pytest.fixture
def other() -> Iterator[HttpServer]:
    """Return a server that may not be reached from here."""
    with http_server() as running:
        yield running


@pytest.fixture
def webhook(cast: Cast, receiver: HttpServer) -> Webhook:
    """Return a webhook of the cast's organisation that wants everything."""
    return subscribe(cast.admin.actor, receiver.url)


def subscribe(actor: Actor, url: str, **values: Any) -> Webhook:
    """Return a new webhook with a known secret."""
    with scope(actor):
        wanted = {"types": ["*"], "secret": SECRET, **values}
        return create_webhook(actor=actor, url=url, **wanted)[0]


def happen(cast: Cast) -> Event:
    """Let something happen to an SOP and deliver the event to the subscriber; return it."""
    sop = make_sop(cast.editor, title=f"Page {uuid7()}")
    with system_scope():
        event = event_of(NodeEvent.objects.get(entity_id=sop.pk, event_type="SopCreated"))
        tell_webhooks(event)
    return event


def deliveries(webhook: Webhook) -> list[WebhookDelivery]:
    """Return the messages to a webhook, oldest first."""
    with system_scope():
        return list(webhook.deliveries.order_by("created_at", "id"))


def stored(webhook: Webhook) -> Webhook:
    """Return the webhook as it is now."""
    with system_scope():
        return Webhook.objects.get(pk=webhook.pk)


def make_due() -> None:
    """Let the pauses and leases of all messages be over."""
    with system_scope():
        past = timezone.now() - timedelta(seconds=1)
        WebhookDelivery.objects.filter(status="pending").update(not_before=past)


def signature(secret: str, request: Request) -> str:
    """Return what Standard Webhooks says the signature of a request is."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    headers = request.headers
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
