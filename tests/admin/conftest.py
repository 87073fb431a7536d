"""Operators at work, and something for them to see."""

from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_access_key
from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import publish_sop, update_sop
from tests.factories import PASSWORD, Cast, UserFactory, make_cast, make_sop


@pytest.fixture
def operator(db: None) -> User:
    """Return somebody who may do everything in the admin."""
    return UserFactory.create(email="operator@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def page(operator: User) -> Client:
    """Return the operator's browser."""
    client = Client()
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return client


@dataclass(frozen=True)
class World:
    """Two organisations: one with two SOPs of which one refers to the other and to nothing."""

    cast: Cast
    restart: Sop
    backup: Sop
    foreign: Sop

    @property
    def password(self) -> str:
        """The password of everybody in the cast."""
        return PASSWORD


@pytest.fixture
def world(db: None) -> World:
    """Return the world, one SOP published and changed since."""
    cast = make_cast()
    restart = make_sop(cast.owner, title="Restart the mail server", category="IT Operations",
                       tags=["mail"])  # fmt: skip
    backup = make_sop(
        cast.owner,
        title="Back up the mail server",
        content="# Back up\n\nFirst [[Restart the mail server]], then read [[The missing page]].",
    )
    foreign = make_sop(cast.stranger, title="Water the plants")
    with scope(cast.owner.actor):
        publish_sop(actor=cast.owner.actor, pk=restart.pk)
        update_sop(
            actor=cast.owner.actor, pk=restart.pk, values={"content": "# Restart\n\nStop it."}
        )
        create_access_key(actor=cast.owner.actor, name="robot", scopes=["sops:read"])
    return World(cast, restart, backup, foreign)
