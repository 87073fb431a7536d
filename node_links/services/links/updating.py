"""Changing links that people have made."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, NotFound, RevisionConflict
from node_links.choices import LinkOrigin
from node_links.events.recording import NewEvent, record_events
from node_links.links.pins import normalise_pin
from node_links.models import NodeLink
from node_links.services.links.drifting import follow_links
from node_links.services.links.permitting import require_editable
from node_links.services.links.recomputing import Recomputing

CHANGEABLE = ("base_strength", "link_context", "visual_properties", "version_pin")
_SAVED = (*CHANGEABLE, "link_strength", "revision", "updated_at")


def update_link(
    *,
    actor: Actor,
    pk: UUID,
    values: Mapping[str, Any],
    expected_revision: int | None = None,
    locked: NodeLink | None = None,
) -> NodeLink:
    """Change base strength, context, visual properties or version pin of a link.

    Another base makes another strength, with the metrics that were measured last. `locked` is the
    link itself where the caller has read it in this transaction, with its row locked, and found
    that `actor` may change it. Raises `NotFound`, `Forbidden`, `RevisionConflict`, `Conflict`
    (`derived_link`), `ValidationFailed` (`unknown_version`).
    """
    with joined_transaction():
        link = locked or lock_link(actor, pk)
        require_changeable(link, expected_revision)
        recomputing = Recomputing([link.pk])
        event = apply_values(link, values, recomputing)
        if event is not None:
            recomputing.keep()
            save_links([link])
            record_events(actor=actor, events=[event])
        if "version_pin" in values:
            follow_links(actor=actor, links=[link])
        return link


def lock_link(actor: Actor, pk: UUID) -> NodeLink:
    """Return a link, with its row locked. Raises `NotFound`, `Forbidden`."""
    link = lock_links(actor, [pk]).get(pk)
    if link is None:
        raise NotFound
    require_editable(actor, (link.source_feature, link.source_entity_id))
    return link


def lock_links(actor: Actor, keys: Iterable[UUID]) -> dict[UUID, NodeLink]:
    """Return those of the links that `actor` sees, with their rows locked in one order."""
    rows = NodeLink.objects.visible_to(actor).with_ends().filter(pk__in=set(keys))
    return {link.pk: link for link in rows.order_by("pk").select_for_update(of=("self",))}


def require_changeable(link: NodeLink, expected_revision: int | None) -> None:
    """Raise `RevisionConflict` for a stale revision, `Conflict` for a derived link."""
    if expected_revision is not None and expected_revision != link.revision:
        raise RevisionConflict(link.revision)
    refuse_derived(link)


def refuse_derived(link: NodeLink) -> None:
    """Raise `Conflict` (`derived_link`) where the platform keeps this link itself."""
    if link.origin == LinkOrigin.DERIVED:
        raise Conflict("This link follows what its source says.", code="derived_link")


def apply_values(
    link: NodeLink, values: Mapping[str, Any], recomputing: Recomputing
) -> NewEvent | None:
    """Give `link` the values and return the event that tells of it; None where nothing differs.

    Raises `ValidationFailed` (`invalid_version`, `unknown_version`) for another pin that does not
    fit, and has changed nothing then.
    """
    if values.get("version_pin", link.version_pin) != link.version_pin:
        pin = normalise_pin(
            values["version_pin"], feature_type=link.target_feature, entity_id=link.target_entity_id
        )
        values = {**values, "version_pin": pin}
    before = {name: getattr(link, name) for name in (*CHANGEABLE, "link_strength")}
    for name in CHANGEABLE:
        if name in values:
            setattr(link, name, values[name])
    if link.base_strength != before["base_strength"]:
        link.link_strength = recomputing.strength_of(link)
    changes = {
        name: {"old": _plain(old), "new": _plain(getattr(link, name))}
        for name, old in before.items()
        if getattr(link, name) != old
    }
    if not changes:
        return None
    link.revision += 1
    data = {"link_id": str(link.pk), "changes": changes}
    return NewEvent(link.source_feature, link.source_entity_id, "NodeLinkUpdated", data)


def save_links(links: Sequence[NodeLink]) -> None:
    """Write what `apply_values` has changed, with one statement."""
    now = timezone.now()
    for link in links:
        link.updated_at = now
    NodeLink.objects.bulk_update(links, _SAVED)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
