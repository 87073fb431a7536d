"""What tests look at after a request: refusals, events, and whether anything changed at all."""

from typing import Any

from accounts.tenancy import scope, system_scope
from node_links.models import AuditLog, NodeEvent, NodeLink, NodeMetadata
from spindles.models import Spindle, SpindleVersion, StoredPlan
from tests.factories import Person

SPINDLES = "/api/v1/spindles/"


def address(spindle: Any, rest: str = "") -> str:
    """Return the address of a spindle (or of an id), or of something below it."""
    return f"{SPINDLES}{spindle.pk if isinstance(spindle, Spindle) else spindle}/{rest}"


def faults(response: Any) -> list[tuple[str, str]]:
    """Return (pointer, code) of each violation that a refusal names."""
    assert response["Content-Type"] == "application/problem+json", response.content
    return sorted((error["pointer"], error["code"]) for error in response.json()["errors"])


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


def reread(person: Person, spindle: Any) -> Spindle:
    """Return the spindle as it is stored now, deleted or not."""
    pk = spindle.pk if isinstance(spindle, Spindle) else spindle
    with scope(person.actor):
        return Spindle.all_objects.get(pk=pk)
