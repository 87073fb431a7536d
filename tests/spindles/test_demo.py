"""The demonstration's spindle: loaded once, and run small and large."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from accounts.actors import Actor
from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from knowledge_base.services.sops import publish_sop
from spindles.engine.starting import start_execution
from spindles.models import Spindle
from spindles.registry.runnables import runnables
from tests.factories import OrganizationFactory, Person, make_person, make_sop
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    """Return the owner of the invented company, with the one page that is needed."""
    with system_scope():
        acme = OrganizationFactory.create(slug="acme")
    person = make_person(Role.OWNER, acme)
    sop = make_sop(person, title="Refunds")
    with scope(person.actor):
        publish_sop(actor=person.actor, pk=sop.pk)
    return person


def load(command: str) -> list[str]:
    output = io.StringIO()
    call_command(command, stdout=output)
    return output.getvalue().splitlines()


def refund(actor: Actor, amount: float) -> Started:
    with scope(actor):
        prepared = runnables.get("spindle").prepare(
            actor=actor,
            target="large-refund",
            version=None,
            environment="production",
            inputs={"customer": "Ms Okafor", "amount": amount},
        )
        return Started(actor, start_execution(actor=actor, prepared=prepared).pk).drive()


def test_it_is_loaded_once_and_published(owner: Person) -> None:
    assert load("load_demo_spindles") == ["1 created, 1 published, 0 unchanged"]
    assert load("load_demo_spindles") == ["0 created, 0 published, 1 unchanged"]
    with scope(owner.actor):
        spindle = Spindle.objects.get(slug="large-refund")
    assert (spindle.status, spindle.published_version) == ("active", "1.0.0")


def test_without_its_pages_it_stays_a_draft() -> None:
    with system_scope():
        acme = OrganizationFactory.create(slug="acme")
    make_person(Role.OWNER, acme)
    assert load("load_demo_spindles") == ["1 created, 0 published, 0 unchanged"]


def test_a_small_refund_asks_nobody(owner: Person) -> None:
    load("load_demo_spindles")
    run = refund(owner.actor, 40.0)
    assert run.statuses["ask"] == "skipped: condition_false"
    assert run.row.outputs == {"letter": "Ms Okafor gets 40.0 back, by Refunds 1.0.0."}


def test_a_large_refund_waits_for_somebody(owner: Person) -> None:
    load("load_demo_spindles")
    run = refund(owner.actor, 900.0)
    waiting: Any = run.steps["ask"]
    assert (waiting.status, waiting.wait["title"]) == ("waiting", "Refund 900.0 to Ms Okafor?")
    assert run.row.status == "running"
