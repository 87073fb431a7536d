"""The step that sends a mail, to a real server."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_django.fixtures import Settings

from spindles.choices import Category
from spindles.definitions.params import check_params
from spindles.registry.kinds import Place, step_kinds
from spindles.registry.results import Done, StepError
from tests.smtp_server import SmtpServer, smtp_server
from tests.spindles.steps.running import KEY, run_step

PARAMS = {"to": "ann@example.com", "subject": "Order ${{ inputs.n }}", "body": "It is paid."}


@pytest.fixture
def server(settings: Settings) -> Iterator[SmtpServer]:
    """Return a mail server that is used here."""
    with smtp_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.PUBLIC_URL = "https://loom.example.com"
        yield running


def send(**change: Any) -> Any:
    """Return what the step answers."""
    return run_step("email", PARAMS | change, inputs={"n": 3})


def test_a_mail_is_sent_under_an_id_that_follows_from_the_key(server: SmtpServer) -> None:
    assert send() == Done({"message_id": f"<{KEY[:32]}@loom.example.com>"})
    assert send() == Done({"message_id": f"<{KEY[:32]}@loom.example.com>"})

    mail, again = server.mails
    assert mail["Message-ID"] == again["Message-ID"] == f"<{KEY[:32]}@loom.example.com>"
    assert (mail["To"], mail["Subject"]) == ("ann@example.com", "Order 3")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip() == "It is paid."


def test_several_people_and_html(server: SmtpServer) -> None:
    send(
        to=["Ann <ann@example.com>", "bob@example.com"],
        cc="eve@example.com, dan@example.com",
        reply_to=["desk@example.com"],
        subject="two\r\nlines: ä",
        html="<b>It is paid.</b>",
    )

    [mail] = server.mails
    assert server.recipients == [
        "ann@example.com", "bob@example.com", "eve@example.com", "dan@example.com"
    ]  # fmt: skip
    assert mail["To"] == "Ann <ann@example.com>, bob@example.com"
    assert mail["Subject"] == "two lines: ä"
    assert mail["Reply-To"] == "desk@example.com"
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<b>It is paid.</b>"


@pytest.mark.parametrize(
    ("answer", "retryable"), [("450 later", True), ("550 no such user", False)]
)
def test_a_mail_that_is_refused(server: SmtpServer, answer: str, retryable: bool) -> None:
    server.refusals = [answer]

    with pytest.raises(StepError) as failure:
        send()

    code = int(answer[:3])
    assert (failure.value.code, failure.value.category) == ("mail_refused", Category.EXTERNAL)
    assert failure.value.retryable is retryable
    assert failure.value.message == f"The mail server refused the mail ({code})."
    assert failure.value.details == {"codes": [code]}
    assert server.mails == []


def test_a_server_that_is_away_may_come_back(settings: Settings) -> None:
    with smtp_server() as gone:
        port = gone.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

    with pytest.raises(StepError) as failure:
        send()

    assert (failure.value.code, failure.value.retryable) == ("mail_server_away", True)


@pytest.mark.parametrize(
    "change",
    [
        {"to": []},
        {"to": "nobody"},
        {"to": ["a@example.com"] * 51},
        {"to": "a@example.com\nBcc: b@example.com"},
        {"to": "Ann\nBcc: <b@example.com>"},
        {"to": "Ann <b>"},
        {"subject": ""},
        {"attachments": []},
    ],
)
def test_a_mail_to_nobody_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        send(**change)


@pytest.mark.parametrize("to", ["${{ inputs.to }}", ["a@example.com", "${{ inputs.to }}"]])
def test_addresses_that_are_known_later_are_no_fault(to: Any) -> None:
    checked = check_params("email", PARAMS | {"to": to})

    assert (checked.faults, checked.missing) == ([], [])


def test_it_runs_outside_and_is_answered_from_the_recording() -> None:
    kind = step_kinds.get("email")
    assert kind is not None

    assert (kind.place, kind.has_effect) == (Place.OUTSIDE, True)
