"""Operators look at webhooks, stop them and send messages again, and never see a secret."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.tenancy import scope, system_scope
from node_links.models import Webhook, WebhookDelivery
from node_links.webhooks.services import create_webhook, ping_webhook
from tests.admin.conftest import World
from tests.factories import UserFactory

HOOKS = reverse("admin:node_links_webhook_changelist")
LOG = reverse("admin:node_links_webhookdelivery_changelist")


@pytest.fixture
def webhook(world: World) -> Webhook:
    actor = world.cast.admin.actor
    with scope(actor):
        made, _ = create_webhook(
            actor=actor, url="https://example.com/in", types=["Sop*"], filter={"entity_id": "x"}
        )
        ping_webhook(actor=actor, pk=made.pk)
    return made


def _message() -> WebhookDelivery:
    with system_scope():
        return WebhookDelivery.objects.get()


def _act(page: Client, address: str, action: str, *chosen: object) -> str:
    data = {"action": action, "_selected_action": [str(pk) for pk in chosen]}
    return page.post(address, data, follow=True).content.decode()


def test_the_pages_show_everything_but_the_secret(page: Client, webhook: Webhook) -> None:
    message = _message()
    with system_scope():
        WebhookDelivery.objects.update(last_response="I am a teapot", log=[{"status": 418}])
    detail = page.get(reverse("admin:node_links_webhook_change", args=[webhook.pk]))
    shown = page.get(reverse("admin:node_links_webhookdelivery_change", args=[message.pk]))
    listed = page.get(f"{LOG}?webhook__id__exact={webhook.pk}").content.decode()

    assert "https://example.com/in" in page.get(HOOKS).content.decode()
    assert f"?webhook__id__exact={webhook.pk}" in detail.content.decode()
    assert "I am a teapot" in shown.content.decode()
    assert "418" in shown.content.decode()
    assert "WebhookPing" in listed
    for text in (detail.content.decode(), shown.content.decode(), listed):
        assert webhook.secret not in text
        assert webhook.secret.removeprefix("whsec_") not in text


def test_a_webhook_is_disabled_and_enabled_from_the_list(page: Client, webhook: Webhook) -> None:
    assert "Disabled: 1." in _act(page, HOOKS, "disable_selected", webhook.pk)
    with system_scope():
        webhook.refresh_from_db()
    assert (webhook.status, webhook.disabled_reason) == ("disabled", "By an operator.")

    assert "is disabled." in _act(page, HOOKS, "disable_selected", webhook.pk)
    assert "Enabled: 1." in _act(page, HOOKS, "enable_selected", webhook.pk)
    with system_scope():
        webhook.refresh_from_db()
    assert (webhook.status, webhook.revision) == ("active", 3)


def test_a_finished_message_is_sent_again_and_a_pending_one_is_not(
    page: Client, webhook: Webhook
) -> None:
    message = _message()
    assert "on its way already" in _act(page, LOG, "resend", message.pk)
    with system_scope():
        WebhookDelivery.objects.update(status="failed", attempts=8)

    assert "Queued: 1." in _act(page, LOG, "resend", message.pk)
    assert (_message().status, _message().attempts) == ("pending", 0)


def test_of_many_refusals_the_first_ten_are_told(page: Client, webhook: Webhook) -> None:
    actor, more = webhook.organization_id, []
    with system_scope():
        for _ in range(11):
            made = Webhook.objects.create(
                organization_id=actor, url="https://example.com/", types=["*"], secret="s"
            )
            more.append(made.pk)

    assert "… and 1 more were refused." in _act(page, HOOKS, "enable_selected", *more)


def test_who_may_only_look_changes_nothing(webhook: Webhook) -> None:
    looker = UserFactory.create(email="looker@example.com", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_webhook"))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(HOOKS).status_code == 200
    _act(client, HOOKS, "disable_selected", webhook.pk)
    _act(client, LOG, "resend", _message().pk)

    with system_scope():
        webhook.refresh_from_db()
    assert webhook.status == "active"
