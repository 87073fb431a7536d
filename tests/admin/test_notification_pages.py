"""Operators see what became of mails and send them again."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tenancy import system_scope
from node_links.choices import MailStatus
from node_links.models import Notification
from node_links.notifications import doorbell
from tests.admin.conftest import World
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:node_links_notification_changelist"


def make_mail(world: World, **values: Any) -> Notification:
    """Return an e-mail to the owner that has failed for good."""
    defaults = {"channel": "email", "status": MailStatus.FAILED, "attempts": 3,
                "last_error": "SMTPRecipientsRefused"}  # fmt: skip
    with system_scope():
        return Notification.objects.create(
            organization=world.cast.organization, user=world.cast.owner.user,
            kind="model_published", event_id=uuid4(), title="Published: It",
            feature_type="knowledge-base", entity_id=world.restart.pk, **{**defaults, **values},
        )  # fmt: skip


def send_again(client: Client, mail: Notification) -> Any:
    """Choose the action for one mail."""
    body = {"action": "send_again", "_selected_action": [str(mail.pk)]}
    return client.post(reverse(LIST), body, follow=True)


def reread(mail: Notification) -> Notification:
    with system_scope():
        return Notification.objects.get(pk=mail.pk)


def test_a_failed_mail_says_why_and_leads_to_what_it_is_about(page: Client, world: World) -> None:
    mail = make_mail(world)
    make_mail(world, channel="in_app", status="")

    assert page.get(reverse(LIST), {"status__exact": "failed"}).content.count(b"Published: It") == 1
    shown = page.get(reverse("admin:node_links_notification_change", args=[mail.pk]))
    text = shown.content.decode()
    assert "SMTPRecipientsRefused" in text
    assert reverse("admin:knowledge_base_sop_change", args=[world.restart.pk]) in text


def test_a_failed_mail_is_sent_again(
    page: Client, world: World, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    rung: list[float] = []
    monkeypatch.setattr(doorbell, "ring", lambda seconds=0.0: rung.append(seconds))
    mail = make_mail(world)

    with django_capture_on_commit_callbacks(execute=True):
        answer = send_again(page, mail)

    assert "Due now: 1." in answer.content.decode()
    again = reread(mail)
    assert (again.status, again.attempts, again.last_error) == (MailStatus.PENDING, 0, "")
    assert again.not_before is not None
    assert rung == [0.0]


def test_a_notice_in_the_product_is_no_mail(page: Client, world: World) -> None:
    notice = make_mail(world, channel="in_app", status="", attempts=0)

    assert "Due now: 0." in send_again(page, notice).content.decode()

    assert reread(notice).status == ""


def test_who_may_only_look_sends_nothing_again(world: World, operator: User) -> None:
    looker = UserFactory.create(email="looker@example.com", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_notification"))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    mail = make_mail(world)

    assert client.get(reverse(LIST)).status_code == 200
    send_again(client, mail)

    assert reread(mail).status == MailStatus.FAILED
