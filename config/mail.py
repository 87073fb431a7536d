"""Where e-mails go, from one address in the environment."""

from dataclasses import dataclass
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

_BACKENDS = {
    "console": "django.core.mail.backends.console.EmailBackend",
    "file": "django.core.mail.backends.filebased.EmailBackend",
}
# Implicit TLS is what the rest of the world calls smtps.
_SCHEMES = {"smtp": "smtp", "smtps": "smtp+ssl", "smtp+ssl": "smtp+ssl", "smtp+tls": "smtp+tls"}
_PORTS = {"smtp": 25, "smtp+ssl": 465, "smtp+tls": 587}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Django's settings of its e-mail back end."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    file_path: Path | None = None


def mail_server(url: str, folder: Path) -> MailServer:
    """Read `smtp://user:password@host:port`, `console`, or `file` (into `folder`).

    `smtp+tls` begins in plain text and changes to TLS (STARTTLS), `smtps` is TLS from the start.
    Raises `ImproperlyConfigured` for anything else.
    """
    if url in _BACKENDS:
        return MailServer(_BACKENDS[url], file_path=folder)
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in _SCHEMES:
        raise ImproperlyConfigured(
            "NODELOOM_EMAIL_URL is smtp://user:password@host:port (or smtps, smtp+tls), console "
            "or file."
        )
    found = environ.Env.email_url_config(f"{_SCHEMES[scheme]}://{rest}")
    return MailServer(
        backend=found["EMAIL_BACKEND"],
        host=found["EMAIL_HOST"] or "localhost",
        port=found["EMAIL_PORT"] or _PORTS[_SCHEMES[scheme]],
        user=found["EMAIL_HOST_USER"] or "",
        password=found["EMAIL_HOST_PASSWORD"] or "",
        use_tls=bool(found.get("EMAIL_USE_TLS")),
        use_ssl=bool(found.get("EMAIL_USE_SSL")),
    )
