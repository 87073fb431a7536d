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


def reread(person: Person, sop: Sop) -> Sop:
    """Return the SOP as it is stored now, deleted or not."""
    with scope(person.actor):
        return Sop.all_objects.get(pk=sop.pk)
