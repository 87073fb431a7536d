"""What tests of the event store ask for, and look at."""

from typing import Any

from accounts.tenancy import system_scope
from node_links.models import DedupKey, EventSequence, NodeEvent
from tests.factories import Person

EVENTS = "/api/v1/events/"
BATCH = f"{EVENTS}batch/"
TYPES = f"{EVENTS}types/"


def inspection(**values: Any) -> dict[str, Any]:
    """Return the body of a publication."""
    return {"event_type": "PumpInspected", "data": {"pump": "P-1"}, **values}


def stored() -> list[tuple[str, str, int]]:
    """Return (feature, type, sequence) of every event of every organisation."""
    with system_scope():
        rows = NodeEvent.objects.order_by("feature_type", "entity_id", "sequence")
        return list(rows.values_list("feature_type", "event_type", "sequence"))


def traces() -> list[int]:
    """Return how much there is of everything that a publication may write."""
    with system_scope():
        return [model.objects.count() for model in (NodeEvent, EventSequence, DedupKey)]


def results(person: Person, query: str = "") -> list[dict[str, Any]]:
    """Return the events that the list shows."""
    response = person.client.get(f"{EVENTS}{query}")
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found
