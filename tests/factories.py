"""Rows for tests, with their parents; and a cast with names."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from factory.declarations import Sequence
from factory.django import DjangoModelFactory
from rest_framework.test import APIClient

from accounts.actors import Actor
from accounts.choices import Role
from accounts.models import Membership, Organization, User
from accounts.tenancy import scope, system_scope
from accounts.tokens import issue_tokens
from function_models.canvas.document import parse_canvas
from function_models.models import FunctionModel
from function_models.services.models import create_model
from knowledge_base.models import Sop
from knowledge_base.services.sops import create_sop
from spindles.models import Spindle
from spindles.services.spindles import create_spindle

PASSWORD = "correct horse battery staple"


@cache
def _hashed(password: str) -> str:
    """Hash each password once: hashing is slow on purpose, and a cast has five people."""
    return make_password(password)


class UserFactory(DjangoModelFactory[User]):
    """A person who signs in with `PASSWORD`."""

    class Meta:
        model = User

    email = Sequence(lambda n: f"person{n}@example.com")
    name = Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", PASSWORD)
        user = User.objects.create_user(kwargs.pop("email"), None, **kwargs)
        user.password = _hashed(password)
        user.save(update_fields=["password"])
        return user


class OrganizationFactory(DjangoModelFactory[Organization]):
    """An organisation without members; make it inside `system_scope()`."""

    class Meta:
        model = Organization

    name = Sequence(lambda n: f"Organisation {n}")
    slug = Sequence(lambda n: f"organisation-{n}")


@dataclass(frozen=True)
class Person:
    """A member of an organisation, with the ways they reach the platform."""

    user: User
    organization: Organization
    role: Role

    @property
    def actor(self) -> Actor:
        """Who they are to services."""
        return Actor(self.user.pk, self.organization.pk, self.role)

    @property
    def client(self) -> APIClient:
        """A signed-in REST client."""
        client = APIClient()
        token = issue_tokens(self.user)["access"]
        client.credentials(
            HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_X_ORGANIZATION=self.organization.slug
        )
        return client


@dataclass(frozen=True)
class Cast:
    """One organisation with a member of each role, and a stranger from another one."""

    organization: Organization
    owner: Person
    admin: Person
    editor: Person
    viewer: Person
    stranger: Person


def make_person(role: Role, organization: Organization | None = None, **user: Any) -> Person:
    """Return a new member of `organization`, or of a new one."""
    with system_scope():
        organization = organization or OrganizationFactory.create()
        person = UserFactory.create(**user)
        Membership.objects.create(organization=organization, user=person, role=role)
    return Person(person, organization, role)


def make_cast() -> Cast:
    """Return an organisation with a member of each role, and a stranger who owns another."""
    owner = make_person(Role.OWNER)
    home = owner.organization
    return Cast(
        organization=home,
        owner=owner,
        admin=make_person(Role.ADMIN, home),
        editor=make_person(Role.EDITOR, home),
        viewer=make_person(Role.VIEWER, home),
        stranger=make_person(Role.OWNER),
    )


def make_sop(person: Person, **values: Any) -> Sop:
    """Return an SOP written by `person`, through the service."""
    defaults = {"title": "Restart the mail server", "content": "# Restart\n\nStop it, start it."}
    with scope(person.actor):
        return create_sop(actor=person.actor, **{**defaults, **values})


def make_model(person: Person, document: Any = None, **values: Any) -> FunctionModel:
    """Return a new function model of the person's, with `document` drawn in it."""
    values = {"name": "Handle an incident", **values}
    canvas = None if document is None else parse_canvas(document)
    with scope(person.actor):
        return create_model(actor=person.actor, canvas=canvas, **values)


def make_spindle(person: Person, **values: Any) -> Spindle:
    """Return a new spindle of the person's, through the service."""
    with scope(person.actor):
        return create_spindle(actor=person.actor, **{"name": "Report the figures", **values})
