"""What tests look at after a request to any feature: answers, refusals, events, the audit trail."""

from typing import Any
from uuid import UUID

from accounts.tenancy import scope
from node_links.models import AuditLog, NodeEntity, NodeEvent
from tests.factories import Person

UNKNOWN = "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"


def faults(response: Any) -> set[tuple[str, str]]:
    """Return (pointer, code) of each violation that a refusal names."""
    assert response["Content-Type"] == "application/problem+json", response.content
    return {(error["pointer"], error["code"]) for error in response.json()["errors"]}


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that the answer is this refusal and return its document."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    return body


def answered(response: Any, status: int = 200) -> Any:
    """Assert that the answer has this status and return its body."""
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def events(person: Person, entity: NodeEntity | UUID | str) -> list[tuple[str, dict[str, Any]]]:
    """Return (type, data) of an entity's events in order; asserts that they count without a gap."""
    pk = entity.pk if isinstance(entity, NodeEntity) else entity
    with scope(person.actor):
        rows = list(NodeEvent.objects.filter(entity_id=pk).order_by("sequence"))
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    return [(row.event_type, row.data) for row in rows]


def event_types(person: Person, entity: NodeEntity | UUID | str) -> list[str]:
    """Return the types of an entity's events in order."""
    return [name for name, _ in events(person, entity)]


def audited(person: Person, event_type: str) -> dict[str, Any]:
    """Return what the audit trail says of the newest act of this kind."""
    with scope(person.actor):
        row = AuditLog.objects.filter(event_type=event_type).order_by("-id").first()
    assert row is not None
    data: dict[str, Any] = row.event_data or {}
    return data
