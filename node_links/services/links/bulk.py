"""Many operations on links in one transaction, each standing for itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, DomainError, Forbidden, NotFound
from node_links.events.recording import NewEvent, record_events
from node_links.links.drafts import LinkDraft
from node_links.links.pins import MOVING
from node_links.models import NodeLink
from node_links.services.links.creating import write_links
from node_links.services.links.drifting import follow_links
from node_links.services.links.permitting import REFUSED, Entity, editable_entities
from node_links.services.links.recomputing import Recomputing
from node_links.services.links.removing import delete_rows, event_of_removal
from node_links.services.links.updating import (
    apply_values,
    lock_links,
    require_changeable,
    save_links,
)

MOST_OPERATIONS = 1000
# Given back with the transaction, however it ends.
_CLAIM = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, slots=True)
class Create:
    """Make a link."""

    draft: LinkDraft


@dataclass(frozen=True, slots=True)
class Change:
    """Change the link `pk`, or remove it where `values` is None.

    `values` is given the link and returns its new values; it may raise a `DomainError`.
    """

    pk: UUID
    values: Callable[[NodeLink], Mapping[str, Any]] | None
    expected_revision: int | None = None


Operation = Create | Change


@dataclass(slots=True)
class Done:
    """What became of one operation; `link` is None where it was removed or refused."""

    link_id: UUID | None = None
    link: NodeLink | None = None
    refusal: DomainError | None = None
    warnings: list[str] = field(default_factory=list)


def run_operations(
    *, actor: Actor, operations: Sequence[Operation], batch_id: str | None = None
) -> list[Done]:
    """Carry the operations out in their order and return what became of each.

    A refused one changes nothing and stops no other. Neighbours of one kind are carried out
    together, so that a batch of creations takes as many statements as a single one. Raises
    `Conflict` (`batch_in_progress`) while another transaction works on the same `batch_id`.
    """
    with joined_transaction():
        if batch_id is not None:
            _claim(actor, batch_id)
        results = [Done() for _ in operations]
        events: list[NewEvent] = []
        for kind, run in groupby(zip(operations, results, strict=True), lambda pair: type(pair[0])):
            together = list(run)
            events += (_create if kind is Create else _change)(actor, together)
        record_events(actor=actor, events=events)
        keys = [done.link_id for done in results if done.link_id is not None]
        links = NodeLink.objects.with_ends().in_bulk(keys)
        for done in results:
            done.link = links.get(done.link_id) if done.link_id is not None else None
        follow_links(
            actor=actor,
            links=[
                done.link
                for one, done in zip(operations, results, strict=True)
                if done.link and (isinstance(one, Change) or done.link.version_pin not in MOVING)
            ],
        )
    return results


def _claim(actor: Actor, batch_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [f"links:{actor.tenant_id}:{batch_id}"])
        (free,) = cursor.fetchone() or (False,)
    if not free:
        raise Conflict("This batch is still being worked on.", code="batch_in_progress")


def _create(actor: Actor, run: Iterable[tuple[Operation, Done]]) -> list[NewEvent]:
    placed = [(one.draft, done) for one, done in run if isinstance(one, Create)]
    outcomes, events = write_links(actor=actor, drafts=[draft for draft, _ in placed])
    for (_, done), outcome in zip(placed, outcomes, strict=True):
        done.link_id, done.refusal = outcome.link_id, outcome.refusal
        done.warnings = outcome.warnings
    return events


def _change(actor: Actor, run: Iterable[tuple[Operation, Done]]) -> list[NewEvent]:
    placed = [(one, done) for one, done in run if isinstance(one, Change)]
    links = lock_links(actor, [one.pk for one, _ in placed])
    editable = editable_entities(actor, {_source(link) for link in links.values()})
    recomputing = Recomputing(links)
    changed: dict[UUID, NodeLink] = {}
    removed: list[NodeLink] = []
    events = []
    for one, done in placed:
        try:
            link = _permitted(one, links, editable)
            if one.values is None:
                removed.append(links.pop(link.pk))
                changed.pop(link.pk, None)
                events.append(event_of_removal(link))
                continue
            event = apply_values(link, one.values(link), recomputing)
        except DomainError as refusal:
            done.refusal = refusal
            continue
        done.link_id = link.pk
        if event is not None:
            changed[link.pk] = link
            events.append(event)
    recomputing.keep()
    if changed:
        save_links(list(changed.values()))
    if removed:
        delete_rows(removed)
    return events


def _permitted(one: Change, links: Mapping[UUID, NodeLink], editable: set[Entity]) -> NodeLink:
    """Return the link, after the checks in their order."""
    link = links.get(one.pk)
    if link is None:
        raise NotFound
    if _source(link) not in editable:
        raise Forbidden(REFUSED)
    require_changeable(link, one.expected_revision)
    return link


def _source(link: NodeLink) -> Entity:
    return link.source_feature, link.source_entity_id
