"""Mails reach a real server, once, and a server that is away costs nobody a mail."""

import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.mail import get_connection
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from config.doorbells import broker_outage
from knowledge_base.services.sops import publish_sop
from node_links.choices import MailStatus
from node_links.models import Notification
from node_links.notifications import doorbell, letters, mailing
from node_links.notifications.kinds import kinds
from node_links.tasks.notifications import send_mails
from tests.factories import Cast, Person, make_sop
from tests.node_links.notifications.conftest import (
    Rung,
    deliver,
    failed_run,
    make_event,
    pass_time,
    stored_event,
    told,
    use_server,
)
from tests.smtp_server import SmtpServer, smtp_server

pytestmark = pytest.mark.django_db


def parts(mail: EmailMessage) -> dict[str, str]:
    """Return the text and the HTML of a mail."""
    return {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in mail.iter_parts()
    }


def mails_of(person: Person) -> list[Notification]:
    """Return the e-mail rows of a person, the oldest first."""
    return told(user=person.user, channel="email")


def fail_runs(person: Person, times: int, **changes: Any) -> None:
    """Let runs of one spindle fail, one after the other."""
    for _ in range(times):
        deliver(failed_run(person, **changes))


def test_a_publication_arrives_as_text_and_html(
    cast: Cast, postbox: SmtpServer, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://nodeloom.example"
    sop = make_sop(cast.owner, title="Pumps & <valves>")
    with scope(cast.editor.actor):
        publish_sop(actor=cast.editor.actor, pk=sop.pk)
    deliver(stored_event(sop.pk, "SopPublished"))

    assert send_mails() == 1
    assert send_mails() == 0

    [mail] = postbox.mails
    assert postbox.recipients == [cast.owner.user.email]
    assert mail["To"] == f"{cast.owner.user.name} <{cast.owner.user.email}>"
    assert mail["From"] == "Nodeloom <nodeloom@localhost>"
    assert mail["Subject"] == f"[{cast.organization.name}] Published: Pumps & <valves>"
    assert mail["Auto-Submitted"] == "auto-generated"
    [row] = mails_of(cast.owner)
    assert mail["Message-ID"] == f"<{row.pk}@nodeloom.example>"
    assert (row.status, row.attempts, row.last_error) == ("sent", 1, "")
    assert row.sent_at is not None
    address = f"https://nodeloom.example/api/v1/sops/{sop.pk}/"
    text, html = parts(mail)["text/plain"], parts(mail)["text/html"]
    assert text.startswith(f"Hello {cast.owner.user.name},\n\nPublished: Pumps & <valves>\n\n")
    assert "Version 1.0.0 is live now." in text
    assert f"\n{address}\n" in text
    assert "Pumps &amp; &lt;valves&gt;" in html
    assert f'href="{address}"' in html


@pytest.mark.parametrize("kind", [kind.name for kind in kinds.all()])
def test_every_kind_has_both_parts_with_the_address_of_the_thing(
    cast: Cast, postbox: SmtpServer, kind: str
) -> None:
    event = failed_run(cast.owner)
    deliver(event)
    with system_scope():
        Notification.objects.mails().update(kind=kind, body="Some words.")

    assert mailing.send_due() == 1

    for content in parts(postbox.mails[0]).values():
        assert f"http://localhost:8000/api/v1/executions/{event.execution_id}/" in content
        assert "Failed: Nightly import" in content
        assert "Some words." in content
        assert "the secret input" not in content


def test_repeated_failures_of_one_spindle_become_one_mail_with_a_count(
    cast: Cast, postbox: SmtpServer
) -> None:
    first, other = failed_run(cast.owner), failed_run(cast.owner)
    deliver(first)
    fail_runs(cast.owner, 4, entity_id=first.entity_id)
    deliver(other)

    assert mailing.send_due() == 2

    subjects = sorted(str(mail["Subject"]).partition("] ")[2] for mail in postbox.mails)
    assert subjects == ["Failed: Nightly import", "Failed: Nightly import (5 times)"]
    whole = next(mail for mail in postbox.mails if "5 times" in str(mail["Subject"]))
    assert all("5 runs have failed since" in content for content in parts(whole).values())
    assert {row.status for row in mails_of(cast.owner)} == {MailStatus.SENT}
    assert len(told(channel="in_app")) == 6


def test_failures_after_a_mail_wait_for_the_end_of_the_quarter_of_an_hour(
    cast: Cast, postbox: SmtpServer
) -> None:
    first = failed_run(cast.owner)
    deliver(first)
    assert mailing.send_due() == 1

    fail_runs(cast.owner, 2, entity_id=first.entity_id)
    pass_time(minutes=14)
    fail_runs(cast.owner, 1, entity_id=first.entity_id)
    assert mailing.send_due() == 0
    pass_time(minutes=2)
    assert mailing.send_due() == 1

    assert [str(mail["Subject"]).partition("] ")[2] for mail in postbox.mails] == [
        "Failed: Nightly import",
        "Failed: Nightly import (3 times)",
    ]


def test_a_failure_that_comes_while_the_mail_is_being_sent_waits_too(
    cast: Cast, postbox: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = failed_run(cast.owner)
    deliver(first)

    def slowly(*args: Any) -> Any:
        fail_runs(cast.owner, 1, entity_id=first.entity_id)
        monkeypatch.setattr(mailing, "compose", letters.compose)
        return letters.compose(*args)

    monkeypatch.setattr(mailing, "compose", slowly)

    assert mailing.send_due() == 1
    assert mailing.send_due() == 0
    pass_time(minutes=16)
    assert mailing.send_due() == 1
    assert len(postbox.mails) == 2


def test_a_server_that_was_away_gets_the_mail_when_it_is_back(
    cast: Cast, settings: Settings, rung: Rung
) -> None:
    with smtp_server() as gone:
        port = gone.port
    use_server(settings, port)
    deliver(failed_run(cast.owner))
    deliver(failed_run(cast.admin))

    assert mailing.send_due() == 0
    assert rung == [1.0]
    for row in told(channel="email"):
        assert (row.status, row.attempts) == (MailStatus.PENDING, 1)
        assert row.last_error == "ConnectionRefusedError Connection refused"

    with smtp_server(port) as server:
        pass_time(seconds=2)
        assert mailing.send_due() == 2
    assert len(server.mails) == 2
    assert {(row.status, row.attempts, row.last_error) for row in told(channel="email")} == {
        ("sent", 2, "")
    }


def test_after_three_failures_only_a_person_sends_it_again(
    cast: Cast, settings: Settings, rung: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    with smtp_server() as gone:
        port = gone.port
    use_server(settings, port)
    deliver(failed_run(cast.owner))
    for _ in range(3):
        mailing.send_due()
        pass_time(seconds=6)
    [row] = mails_of(cast.owner)
    assert (row.status, row.attempts) == (MailStatus.FAILED, 3)

    with smtp_server(port) as server:
        assert mailing.send_due() == 0
        with system_scope(), django_capture_on_commit_callbacks(execute=True):
            assert mailing.resend([row.pk]) == 1
        assert mailing.send_due() == 1

    assert len(server.mails) == 1
    [row] = mails_of(cast.owner)
    assert (row.status, row.attempts) == (MailStatus.SENT, 1)
    assert rung == [1.0, 5.0, 1.0, 0.0]


def test_an_address_that_the_server_refuses_stops_no_other_mail(
    cast: Cast, postbox: SmtpServer
) -> None:
    deliver(failed_run(cast.owner))
    deliver(failed_run(cast.admin))
    postbox.refusals = ["550 no such user"]

    assert mailing.send_due() == 1

    assert [row.status for row in mails_of(cast.admin)] == [MailStatus.SENT]
    [row] = mails_of(cast.owner)
    assert (row.status, row.last_error) == (MailStatus.PENDING, "SMTPRecipientsRefused 550")


def test_who_left_meanwhile_gets_no_mail(cast: Cast, postbox: SmtpServer) -> None:
    deliver(failed_run(cast.owner))
    deliver(failed_run(cast.admin))
    with system_scope():
        cast.owner.user.is_active = False
        cast.owner.user.save()
        Membership.objects.get(user=cast.admin.user).delete()

    assert mailing.send_due() == 0

    assert postbox.mails == []
    for row in told(channel="email"):
        assert (row.status, row.last_error[:10]) == (MailStatus.FAILED, "The person")


def test_a_mail_at_which_processes_die_is_given_up(cast: Cast, postbox: SmtpServer) -> None:
    deliver(failed_run(cast.owner))
    for _ in range(3):
        assert len(mailing._claim(10)) == 1
        assert mailing._claim(10) == []
        pass_time(seconds=mailing.LEASE_SECONDS + 1)

    assert mailing.send_due() == 0

    [row] = mails_of(cast.owner)
    assert (row.status, postbox.mails) == (MailStatus.FAILED, [])


def test_a_kind_that_is_gone_is_told_in_general_words(cast: Cast, postbox: SmtpServer) -> None:
    deliver(make_event(cast.owner, "AgentStuck", data={"owner_id": str(cast.admin.user.pk)}))
    with system_scope():
        Notification.objects.mails().update(kind="of_an_older_release")

    assert mailing.send_due() == 1
    assert "Agent stuck: Untitled" in parts(postbox.mails[0])["text/plain"]


def test_many_mails_leave_batch_by_batch(cast: Cast, postbox: SmtpServer) -> None:
    for _ in range(5):
        deliver(failed_run(cast.owner))

    assert mailing.send_due(batch=2) == 5
    assert len(postbox.mails) == 5


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_the_server_takes_its_time(
    cast: Cast, postbox: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(failed_run(cast.owner))
    held: list[bool] = []
    sendmail = smtplib.SMTP.sendmail

    def watched(*args: Any, **kwargs: Any) -> Any:
        held.append(connection.connection is not None)
        return sendmail(*args, **kwargs)

    monkeypatch.setattr(smtplib.SMTP, "sendmail", watched)

    assert mailing.send_due() == 1
    assert held == [False]


def test_the_file_back_end_writes_mails_into_a_folder(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    deliver(failed_run(cast.owner))

    assert mailing.send_due() == 1

    [written] = (tmp_path / "mail").iterdir()
    assert "Failed: Nightly import" in written.read_text()
    assert get_connection().__class__.__module__ == "django.core.mail.backends.filebased"


def test_the_sweep_stands_in_the_schedule(settings: Settings) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["send-mails"]

    assert (entry["task"], entry["schedule"]) == (send_mails.name, 10)
    assert settings.CELERY_TASK_ROUTES["node_links.tasks.notifications.*"] == {"queue": "events"}


class TestDoorbell:
    """Asking for the task, without the collecting stand-in."""

    @pytest.fixture(autouse=True)
    def rung(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
        """Collect what reaches Celery."""
        sent: list[tuple[str, float]] = []

        def send(name: str, args: list[str], countdown: float, retry: bool) -> None:
            sent.append((name, countdown))
            if len(sent) == 2:
                raise OperationalError("no broker")

        monkeypatch.setattr(current_app, "send_task", send)
        return sent

    def test_a_broker_that_is_away_is_no_error_and_is_not_asked_at_once_again(
        self, rung: list[tuple[str, float]]
    ) -> None:
        broker_outage.reset()
        try:
            doorbell.ring()
            doorbell.ring(5.0)
            doorbell.ring()
        finally:
            broker_outage.reset()

        assert rung == [(send_mails.name, 0), (send_mails.name, 5.0)]
