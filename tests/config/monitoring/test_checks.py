"""Unsafe production settings are refused, each with a remedy; development is left alone."""

from typing import Any

import pytest
from django.core.checks import Error, Warning
from django.db import connections
from pytest_django import Settings

from config.checks import check_roles, check_settings, role_messages
from config.database_roles import RoleFacts, role_facts

SAFE: dict[str, Any] = {
    "PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": "k3y-" * 15,
    "ALLOWED_HOSTS": ["nodeloom.example"],
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "EMBED_DATABASE": False,
    "EMBED_REDIS": False,
    "DATABASE_URL": "postgres://app@db/n",
    "DATABASE_OWNER_URL": "postgres://owner@db/n",
    "METRICS_TOKEN": "",
}


@pytest.fixture
def production(settings: Settings) -> Settings:
    """A production installation that is as it should be."""
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def test_safe_production_settings_pass(production: Settings) -> None:
    assert check_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("SECRET_KEY", "insecure-development-key-set-NODELOOM_SECRET_KEY-in-production", 1),
        ("SECRET_KEY", "short", 1),
        ("DEBUG", True, 3),
        ("SESSION_COOKIE_SECURE", False, 4),
        ("CSRF_COOKIE_SECURE", False, 4),
        ("ALLOWED_HOSTS", ["nodeloom.example", "*"], 5),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1"], 5),
        ("ALLOWED_HOSTS", [], 5),
        ("EMBED_DATABASE", True, 6),
        ("EMBED_REDIS", True, 6),
        ("DATABASE_URL", "postgres://owner@db/n", 7),
        ("METRICS_TOKEN", "short", 8),
    ],
)
def test_each_unsafe_setting_is_refused_with_a_remedy(
    production: Settings, name: str, value: object, number: int
) -> None:
    setattr(production, name, value)

    (message,) = check_settings()

    assert isinstance(message, Error)
    assert message.id == f"nodeloom.E{number:03}"
    assert message.hint


@pytest.mark.parametrize("alias", ["default", "owner"])
def test_a_well_known_password_is_refused(
    production: Settings, monkeypatch: pytest.MonkeyPatch, alias: str
) -> None:
    monkeypatch.setitem(production.DATABASES[alias], "PASSWORD", "Postgres")

    (message,) = check_settings()

    assert message.id == "nodeloom.E002"
    assert f"alias {alias}" in message.msg


def test_development_is_left_alone_but_for_a_weak_token(production: Settings) -> None:
    production.PRODUCTION, production.DEBUG, production.SECRET_KEY = False, True, "short"
    assert check_settings() == []

    production.METRICS_TOKEN = "short"
    (message,) = check_settings()
    assert isinstance(message, Warning)
    assert message.id == "nodeloom.W008"


@pytest.mark.django_db
def test_the_role_of_the_app_is_bound_by_row_level_security() -> None:
    assert check_roles(databases=["default"]) == []
    assert check_roles(databases=None) == []
    role = role_facts(connections["default"])
    assert (role.superuser, role.bypasses_rls, role.owned_tables) == (False, False, 0)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_of_the_tables_is_known_as_such() -> None:
    assert role_facts(connections["owner"]).owned_tables > 0


@pytest.mark.parametrize(
    ("role", "numbers"),
    [
        (RoleFacts("r", superuser=True, bypasses_rls=False, owned_tables=0), [10]),
        (RoleFacts("r", superuser=False, bypasses_rls=True, owned_tables=0), [11]),
        (RoleFacts("r", superuser=False, bypasses_rls=False, owned_tables=3), [12]),
        (RoleFacts("r", superuser=True, bypasses_rls=True, owned_tables=3), [10, 11, 12]),
    ],
)
def test_a_role_that_row_level_security_does_not_bind_is_refused(
    production: Settings, role: RoleFacts, numbers: list[int]
) -> None:
    assert [message.id for message in role_messages(role)] == [f"nodeloom.E{n:03}" for n in numbers]

    production.PRODUCTION = False
    assert [message.id for message in role_messages(role)] == [f"nodeloom.W{n:03}" for n in numbers]
