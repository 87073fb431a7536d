"""Types of link that an organisation makes for itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, FieldError, Forbidden, NotFound, RevisionConflict
from node_links.models import NodeLink, NodeLinkType

TAKEN = "There is a type of this name already."


def create_link_type(*, actor: Actor, type_name: str, **values: Any) -> NodeLinkType:
    """Make a type of the organisation's own. For administrators.

    `values`: description, color, icon, is_bidirectional, change_travels, allowed_pairs. Raises
    `Forbidden`, `Conflict` (`duplicate`), also for a name that the platform uses.
    """
    _require_administrator(actor)
    with joined_transaction():
        if NodeLinkType.objects.visible_to(actor).filter(type_name=type_name).exists():
            errors = [FieldError("/type_name", "duplicate", TAKEN)]
            raise Conflict(TAKEN, code="duplicate", errors=errors)
        return NodeLinkType.objects.create(
            organization_id=actor.tenant_id, type_name=type_name, **values
        )


def update_link_type(
    *, actor: Actor, pk: UUID, values: Mapping[str, Any], expected_revision: int | None = None
) -> NodeLinkType:
    """Change a type of the organisation's own; links that are there already stay as they are.

    Raises `NotFound`, `Forbidden`, also for a type of the platform's, `RevisionConflict`.
    """
    with joined_transaction():
        kind = _locked(actor, pk, expected_revision)
        changed = [name for name, new in values.items() if getattr(kind, name) != new]
        if changed:
            for name in changed:
                setattr(kind, name, values[name])
            kind.revision += 1
            kind.save(update_fields=[*changed, "revision"])
        return kind


def delete_link_type(*, actor: Actor, pk: UUID, expected_revision: int | None = None) -> None:
    """Remove a type that no link has, links of deleted entities included.

    Raises as `update_link_type`, and `Conflict` (`in_use`).
    """
    with joined_transaction():
        kind = _locked(actor, pk, expected_revision)
        links = NodeLink.objects.filter(organization_id=actor.tenant_id, link_type=kind.type_name)
        if links.exists():
            raise Conflict("There are links of this type.", code="in_use")
        kind.delete()


def _locked(actor: Actor, pk: UUID, expected_revision: int | None) -> NodeLinkType:
    kind = NodeLinkType.objects.visible_to(actor).filter(pk=pk).first()
    if kind is None:
        raise NotFound
    _require_administrator(actor)
    if kind.organization_id is None:
        raise Forbidden("The platform's own types cannot be changed.")
    held = NodeLinkType.objects.select_for_update().filter(pk=pk).first()
    if held is None:
        raise NotFound
    if expected_revision is not None and expected_revision != held.revision:
        raise RevisionConflict(held.revision)
    return held


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("This needs the role admin or a higher one.")
