"""System checks that refuse unsafe settings in production and warn of them elsewhere.

`manage.py check` runs the settings' checks, `manage.py check --database default` the roles' too.
Every message has a remedy. Errors (E) only where NODELOOM_PRODUCTION=1, else the same as warnings.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from config.database_roles import RoleFacts, role_facts

MIN_SECRET = 50
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
WEAK_PASSWORDS = frozenset(
    {"postgres", "password", "nodeloom", "admin", "changeme", "secret", "123456", "root"}
)


def _message(number: int, text: str, remedy: str) -> CheckMessage:
    kind: Callable[..., CheckMessage] = Error if settings.PRODUCTION else Warning
    return kind(text, hint=remedy, id=f"nodeloom.{'E' if settings.PRODUCTION else 'W'}{number:03}")


@register(Tags.security)
def check_settings(app_configs: object = None, **_options: Any) -> list[CheckMessage]:
    """Refuse settings that would open a production installation to anybody.

    In development the defaults are meant to be used, so nothing is said of them there.
    """
    if not settings.PRODUCTION:
        return [*_metrics_token()]
    return [*_secrets(), *_transport(), *_hosts(), *_servers(), *_metrics_token()]


def _secrets() -> list[CheckMessage]:
    found = []
    secret = str(settings.SECRET_KEY)
    if secret.startswith(("insecure-", "django-insecure-")) or len(secret) < MIN_SECRET:
        found.append(
            _message(
                1,
                "SECRET_KEY is the development key or too short to be safe.",
                f"Set NODELOOM_SECRET_KEY to at least {MIN_SECRET} random characters.",
            )
        )
    for alias, name in (("default", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")):
        if str(settings.DATABASES[alias].get("PASSWORD", "")).lower() in WEAK_PASSWORDS:
            found.append(
                _message(
                    2,
                    f"The database password of the alias {alias} is a well-known one.",
                    f"Give the role a generated password and put it into {name}.",
                )
            )
    return found


def _transport() -> list[CheckMessage]:
    found = []
    if settings.DEBUG:
        found.append(
            _message(
                3,
                "DEBUG shows source code and settings to whoever causes an error.",
                "Unset NODELOOM_DEBUG.",
            )
        )
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        found.append(
            _message(
                4,
                "Cookies of signed-in users travel over unencrypted connections too.",
                "Unset NODELOOM_SECURE_COOKIES and serve over HTTPS.",
            )
        )
    return found


def _hosts() -> list[CheckMessage]:
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts:
        text = "ALLOWED_HOSTS accepts any name, so links in e-mails can be forged."
    elif hosts <= LOCAL_HOSTS:
        text = "ALLOWED_HOSTS names only this machine, so nobody else gets an answer."
    else:
        return []
    return [_message(5, text, "Set NODELOOM_ALLOWED_HOSTS to the public host names.")]


def _servers() -> list[CheckMessage]:
    found = []
    if settings.EMBED_DATABASE or settings.EMBED_REDIS:
        found.append(
            _message(
                6,
                "The embedded PostgreSQL or Valkey is for one machine, without backups.",
                "Set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to servers of your own.",
            )
        )
    if not settings.EMBED_DATABASE and settings.DATABASE_URL == settings.DATABASE_OWNER_URL:
        found.append(
            _message(
                7,
                "The app connects as the owner of the tables.",
                "Set DATABASE_URL to a role of its own, without rights beyond reading and writing "
                "rows, and DATABASE_OWNER_URL to the owner.",
            )
        )
    return found


def _metrics_token() -> list[CheckMessage]:
    token = settings.METRICS_TOKEN
    if not token or len(token) >= 16:
        return []
    return [
        _message(
            8,
            "NODELOOM_METRICS_TOKEN is short enough to be guessed.",
            "Use at least 16 random characters, or none: /metrics then answers this machine.",
        )
    ]


@register(Tags.database)
def check_roles(
    app_configs: object = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Refuse an app role that row-level security does not bind."""
    if "default" not in (databases or ()):
        return []
    return role_messages(role_facts(connections["default"]))


def role_messages(role: RoleFacts) -> list[CheckMessage]:
    """Return what is wrong with the role the app connects as."""
    remedy = "Connect as a role that owns no table: CREATE ROLE … LOGIN NOSUPERUSER NOBYPASSRLS."
    found = []
    if role.superuser:
        found.append(
            _message(10, f"The app role {role.name} is a superuser and sees every row.", remedy)
        )
    if role.bypasses_rls:
        found.append(_message(11, f"The app role {role.name} bypasses row-level security.", remedy))
    if role.owned_tables:
        found.append(
            _message(
                12, f"The app role {role.name} owns {role.owned_tables} of the tables.", remedy
            )
        )
    return found
