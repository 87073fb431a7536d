"""`manage.py bootstrap`, and in whose name commands work."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.actors import Actor
from accounts.choices import Role
from accounts.management.tenant import TenantCommand
from accounts.models import Membership, Organization, User
from accounts.tenancy import system_scope
from tests.accounts.conftest import ME, bearer, sign_in
from tests.factories import Cast, UserFactory, make_person

ENVIRONMENT = ("NODELOOM_ADMIN_EMAIL", "NODELOOM_ADMIN_PASSWORD")


@pytest.fixture(autouse=True)
def _nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


def _bootstrap(*arguments: str) -> str:
    out = StringIO()
    call_command("bootstrap", *arguments, stdout=out)
    return out.getvalue()


def _find(**options: Any) -> Actor:
    return TenantCommand().find_actor(**{"organization": None, "email": None, **options})


@pytest.mark.django_db
def test_bootstrap_makes_an_administrator_with_a_password_shown_once() -> None:
    created = json.loads(_bootstrap("--json"))

    assert created["email"] == "admin@nodeloom.local"
    assert len(created["password"]) >= 16
    access = sign_in(created["email"], created["password"]).json()["access"]
    me = bearer(access).get(ME).json()
    assert (me["is_staff"], me["role"], me["organization"]["slug"]) == (True, "owner", "acme")
    assert User.objects.get().is_superuser


@pytest.mark.django_db
def test_bootstrap_takes_names_from_arguments_and_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODELOOM_ADMIN_EMAIL", "Root@Example.com")
    monkeypatch.setenv("NODELOOM_ADMIN_PASSWORD", "violet engine 47")

    shown = _bootstrap("--organization", "Works", "--slug", "works")

    assert shown == (
        "Administrator: root@example.com\nPassword: the one in NODELOOM_ADMIN_PASSWORD\n"
    )
    assert sign_in("root@example.com", "violet engine 47").status_code == 200
    with system_scope():
        organization = Organization.objects.get()
    assert (organization.name, organization.slug) == ("Works", "works")


@pytest.mark.django_db
def test_bootstrap_shows_a_made_up_password_to_people() -> None:
    lines = _bootstrap().splitlines()

    assert lines[0] == "Administrator: admin@nodeloom.local"
    assert sign_in("admin@nodeloom.local", lines[1].removeprefix("Password: ")).status_code == 200


@pytest.mark.django_db
def test_bootstrap_does_nothing_where_users_exist() -> None:
    UserFactory.create()

    assert _bootstrap() == "There are users already; nothing to do.\n"
    assert json.loads(_bootstrap("--json")) is None

    assert User.objects.count() == 1
    with system_scope():
        assert not Organization.objects.exists()


def test_a_command_works_as_the_first_owner_by_default(cast: Cast) -> None:
    assert _find(organization=cast.organization.slug) == cast.owner.actor


def test_a_command_works_as_a_named_member(cast: Cast) -> None:
    actor = _find(organization=cast.organization.slug, email=cast.viewer.user.email.upper())

    assert actor == cast.viewer.actor


@pytest.mark.django_db
def test_the_only_organisation_needs_no_name() -> None:
    person = make_person(Role.OWNER)

    assert _find() == person.actor


def test_a_command_asks_which_organisation_is_meant(cast: Cast) -> None:
    slugs = sorted([cast.organization.slug, cast.stranger.organization.slug])

    with pytest.raises(CommandError, match=f"--organization takes {slugs[0]}, {slugs[1]}"):
        _find()


def test_a_command_refuses_who_does_not_belong(cast: Cast) -> None:
    for options in (
        {"organization": "unknown"},
        {"organization": cast.organization.slug, "email": cast.stranger.user.email},
        {"organization": cast.organization.slug, "email": "nobody@example.com"},
    ):
        with pytest.raises(CommandError, match="No such organisation or member"):
            _find(**options)


def test_a_disabled_member_lends_nobody_their_name(cast: Cast) -> None:
    User.objects.filter(pk=cast.owner.user.pk).update(is_active=False)

    with pytest.raises(CommandError, match="No such organisation or member"):
        _find(organization=cast.organization.slug)
    with system_scope():
        assert Membership.objects.filter(user=cast.owner.user).exists()
