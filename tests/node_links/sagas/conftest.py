"""Sagas to run, and what they left."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from node_links.models import NodeEvent, NodeLinkType, Saga
from node_links.sagas.definitions import SagaDefinition, sagas
from node_links.sagas.starting import start_saga
from tests.factories import Person

Register = Callable[[SagaDefinition], SagaDefinition]


@pytest.fixture
def register() -> Iterator[Register]:
    """Return the way to make a definition known for this test."""
    known: list[str] = []

    def add(definition: SagaDefinition) -> SagaDefinition:
        added = sagas.register(definition)
        known.append(added.name)
        return added

    yield add
    for name in known:
        sagas.unregister(name)


def start(person: Person, mark: str = "x", name: str = "probe") -> Saga:
    """Store a saga of `person`, to be run here."""
    with scope(person.actor):
        return start_saga(actor=person.actor, name=name, payload={"mark": mark}, enqueue=False)


def rows(person: Person) -> list[str]:
    """Return the names of the rows that sagas of this organisation have left, in order."""
    with scope(person.actor):
        own = NodeLinkType.objects.filter(organization=person.organization)
        return sorted(own.values_list("type_name", flat=True))


def steps(saga: Saga) -> list[tuple[str, str]]:
    """Return (name, status) of each step."""
    with system_scope():
        return list(saga.steps.order_by("position").values_list("name", "status"))


def reread(saga: Saga) -> Saga:
    """Return the saga as it is stored now."""
    with system_scope():
        return Saga.objects.get(pk=saga.pk)


def told_of(saga: Saga) -> list[str]:
    """Return the types of the saga's events."""
    with system_scope():
        events = NodeEvent.objects.filter(feature_type="saga", entity_id=saga.pk)
        return list(events.order_by("sequence").values_list("event_type", flat=True))


def expire(saga: Saga, seconds: float = 1) -> None:
    """Let the lease have ended `seconds` ago."""
    with system_scope():
        ended = timezone.now() - timedelta(seconds=seconds)
        Saga.objects.filter(pk=saga.pk).update(lease_until=ended)
