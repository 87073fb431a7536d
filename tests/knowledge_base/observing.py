"""What tests look at after a request: refusals, events, and whether anything changed at all."""

from typing import Any
from uuid import UUID

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop, SopReference, SopVersion
from node_links.models import NodeChunk, NodeEvent, NodeLink, NodeMetadata
from tests.factories import Person

SOPS = "/api/v1/sops/"


def address(sop: Sop | UUID | str, rest: str = "") -> str:
    """Return the address of an SOP, or of something below it."""
    return f"{SOPS}{sop.pk if isinstance(sop, Sop) else sop}/{rest}"


def faults(response: Any) -> set[tuple[str, str]]:
    """Return (pointer, code) of each violation that a refusal names."""
    assert response["Content-Type"] == "application/problem+json", response.content
    return {(error["pointer"], error["code"]) for error in response.json()["errors"]}


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that the answer is this refusal and return its document."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    return body


def everything() -> list[Any]:
    """Return the state of all that a write of an SOP may touch, in all organisations."""
    with system_scope():
        return [
            sorted(Sop.all_objects.values_list("pk", "revision", "status", "updated_at")),
            SopVersion.objects.count(),
            sorted(SopReference.objects.values_list("pk", "target_id")),
            NodeEvent.objects.count(),
            NodeMetadata.objects.count(),
            NodeLink.objects.count(),
            NodeChunk.objects.count(),
        ]


def events(person: Person, sop: Sop | UUID | str) -> list[tuple[str, dict[str, Any]]]:
    """Return (type, data) of an SOP's events in order; asserts that they count without a gap."""
    pk = sop.pk if isinstance(sop, Sop) else sop
    with scope(person.actor):
        rows = list(NodeEvent.objects.filter(entity_id=pk).order_by("sequence"))
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    return [(row.event_type, row.data) for row in rows]


def event_types(person: Person, sop: Sop | UUID | str) -> list[str]:
    """Return the types of an SOP's events in order."""
    return [name for name, _ in events(person, sop)]


def reread(person: Person, sop: Sop) -> Sop:
    """Return the SOP as it is stored now, deleted or not."""
    with scope(person.actor):
        return Sop.all_objects.get(pk=sop.pk)
