"""What tests look at after a request: refusals, events, and whether anything changed at all."""

from typing import Any
from uuid import UUID

from accounts.tenancy import scope, system_scope
from node_links.models import AuditLog, NodeEvent, NodeLink, NodeMetadata
from spindles.models import Spindle, SpindleVersion, StoredPlan
from tests.factories import Person

SPINDLES = "/api/v1/spindles/"
UNKNOWN = "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"


def address(spindle: Any, rest: str = "") -> str:
    """Return the address of a spindle (or of an id), or of something below it."""
    return f"{SPINDLES}{spindle.pk if isinstance(spindle, Spindle) else spindle}/{rest}"


def faults(response: Any) -> list[tuple[str, str]]:
    """Return (pointer, code) of each violation that a refusal names."""
    assert response["Content-Type"] == "application/problem+json", response.content
    return sorted((error["pointer"], error["code"]) for error in response.json()["errors"])


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that the answer is this refusal and return its document."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    return body


def answered(response: Any, status: int = 200) -> Any:
    """Assert that the answer has this status and return its body."""
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def everything() -> list[Any]:
    """Return the state of all that a write of a spindle may touch, in all organisations."""
    with system_scope():
        return [
            sorted(Spindle.all_objects.values_list("pk", "revision", "status", "updated_at")),
            SpindleVersion.objects.count(),
            StoredPlan.objects.count(),
            NodeEvent.objects.count(),
            NodeMetadata.objects.count(),
            NodeLink.objects.count(),
            AuditLog.objects.exclude(operation="ACCESS").count(),
        ]


def events(person: Person, spindle: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return (type, data) of a spindle's events in order; asserts that they count without a gap."""
    pk = spindle.pk if isinstance(spindle, Spindle) else UUID(str(spindle))
    with scope(person.actor):
        rows = list(NodeEvent.objects.filter(entity_id=pk).order_by("sequence"))
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    return [(row.event_type, row.data) for row in rows]


def event_types(person: Person, spindle: Any) -> list[str]:
    """Return the types of a spindle's events in order."""
    return [name for name, _ in events(person, spindle)]


def reread(person: Person, spindle: Any) -> Spindle:
    """Return the spindle as it is stored now, deleted or not."""
    pk = spindle.pk if isinstance(spindle, Spindle) else spindle
    with scope(person.actor):
        return Spindle.all_objects.get(pk=pk)


def audited(person: Person, event_type: str) -> dict[str, Any]:
    """Return what the audit trail says of the newest act of this kind."""
    with scope(person.actor):
        row = AuditLog.objects.filter(event_type=event_type).order_by("-id").first()
    assert row is not None
    data: dict[str, Any] = row.event_data or {}
    return data
