"""A webhook that the platform disables is no secret: the administrators are told, once."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.tenancy import scope, system_scope
from node_links.events.envelope import Event
from node_links.events.reading import event_of
from node_links.models import NodeEvent, Notification, Webhook
from node_links.notifications.inbox import Choice, choose
from node_links.subscribers import notify_people
from node_links.webhooks.sending import send_due
from node_links.webhooks.services import delete_webhook, disable_webhook, update_webhook
from tests.factories import Cast
from tests.http_server import Answer, HttpServer
from tests.node_links.webhooks.conftest import happen, stored


@pytest.fixture
def disabled(cast: Cast, webhook: Webhook, receiver: HttpServer, settings: Settings) -> Event:
    """Return the event of a webhook that was disabled after a message had failed for good."""
    settings.WEBHOOK_RETRY_SECONDS = []
    settings.WEBHOOK_FAILURES = 1
    receiver.script = [Answer(500)]
    happen(cast)
    send_due()
    assert stored(webhook).status == "disabled"
    with system_scope():
        return event_of(NodeEvent.objects.get(event_type="WebhookDisabled"))


def deliver(event: Event) -> None:
    """Hand the event to the subscriber, as the relay does."""
    with system_scope():
        notify_people(event)


def told() -> list[Notification]:
    """Return the notices that stand in the database."""
    with system_scope():
        return list(Notification.objects.filter(kind="webhook_disabled").order_by("pk"))


def test_owners_and_admins_are_told_in_the_product_and_by_mail(
    cast: Cast, webhook: Webhook, disabled: Event
) -> None:
    deliver(disabled)
    deliver(disabled)

    notices = told()
    assert sorted((n.user_id, n.channel) for n in notices) == sorted(
        (person.user.pk, channel)
        for person in (cast.owner, cast.admin)
        for channel in ("in_app", "email")
    )
    shown: Any = cast.admin.client.get("/api/v1/notifications/").json()["results"]
    assert [(one["title"], one["url"]) for one in shown] == [
        ("Webhook disabled: 127.0.0.1", f"/api/v1/webhooks/{webhook.pk}/")
    ]
    assert shown[0]["body"] == (
        "Messages failed for good, one after the other."
        " What is not sent yet waits until it is enabled again."
    )
    assert webhook.url not in notices[0].title + notices[0].body


def test_who_wants_no_mail_of_it_gets_none(cast: Cast, disabled: Event) -> None:
    with scope(cast.admin.actor):
        choose(actor=cast.admin.actor, choices=[Choice("webhook_disabled", "email", False)])

    deliver(disabled)

    channels = {n.channel for n in told() if n.user_id == cast.admin.user.pk}
    assert channels == {"in_app"}


def test_it_is_called_by_its_description(cast: Cast, webhook: Webhook, disabled: Event) -> None:
    with scope(cast.admin.actor):
        update_webhook(actor=cast.admin.actor, pk=webhook.pk, values={"description": "Stock"})

    deliver(disabled)

    assert {n.title for n in told()} == {"Webhook disabled: Stock"}


def test_one_that_is_gone_meanwhile_is_told_all_the_same(
    cast: Cast, webhook: Webhook, disabled: Event
) -> None:
    with scope(cast.admin.actor):
        delete_webhook(actor=cast.admin.actor, pk=webhook.pk)

    deliver(disabled)

    assert {n.title for n in told()} == {"Webhook disabled: Untitled"}


def test_of_what_an_administrator_disables_nobody_is_told(cast: Cast, webhook: Webhook) -> None:
    with scope(cast.admin.actor):
        disable_webhook(actor=cast.admin.actor, pk=webhook.pk)

    with system_scope():
        assert not NodeEvent.objects.filter(event_type="WebhookDisabled").exists()
