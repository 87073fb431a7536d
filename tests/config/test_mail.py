"""One address says where e-mails go."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import MailServer, mail_server

SMTP = "django.core.mail.backends.smtp.EmailBackend"
FOLDER = Path("/data/mail")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer(SMTP, "mail.example", 25)),
        ("smtp://", MailServer(SMTP, "localhost", 25)),
        (
            "smtp://us%40er:p%2Fss@mail.example:2525",
            MailServer(SMTP, "mail.example", 2525, "us@er", "p/ss"),
        ),
        ("smtp+tls://mail.example", MailServer(SMTP, "mail.example", 587, use_tls=True)),
        ("smtps://mail.example", MailServer(SMTP, "mail.example", 465, use_ssl=True)),
        (
            "console",
            MailServer("django.core.mail.backends.console.EmailBackend", file_path=FOLDER),
        ),
        ("file", MailServer("django.core.mail.backends.filebased.EmailBackend", file_path=FOLDER)),
    ],
)
def test_an_address_is_read(url: str, server: MailServer) -> None:
    assert mail_server(url, FOLDER) == server


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp:mail.example"])
def test_anything_else_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NODELOOM_EMAIL_URL"):
        mail_server(url, FOLDER)
