"""Making links by hand, one or thousands at a time."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    NotFound,
    ValidationFailed,
)
from node_links.choices import LinkOrigin
from node_links.events.recording import NewEvent, record_events
from node_links.links.drafts import Address, LinkDraft
from node_links.links.finding import find_nodes
from node_links.links.kinds import held_kinds
from node_links.links.pins import MOVING, UNKNOWN, UNKNOWN_DETAIL, PinnedTo, unknown_pins
from node_links.links.rules import Kinds, faults_of
from node_links.models import NodeLink
from node_links.services.links.drifting import follow_links, follow_new
from node_links.services.links.inserting import event_of_creation, insert_links
from node_links.services.links.permitting import REFUSED, Entity, editable_entities
from node_links.services.links.warning import warnings_after

DUPLICATE = "The two are joined by a link of this type already."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one draft: the id of the new link, or why there is none."""

    link_id: UUID | None = None
    refusal: DomainError | None = None
    warnings: list[str] = field(default_factory=list)

    def require(self) -> UUID:
        """Return the id of the new link. Raises the refusal where there is none."""
        if self.link_id is None:
            raise self.refusal or NotFound()
        return self.link_id


def create_link(*, actor: Actor, draft: LinkDraft) -> tuple[NodeLink, list[str]]:
    """Make a link by hand; return it and the warnings (`many_connections`, `many_triggers`).

    For whoever may edit the source's entity. Raises `NotFound` for an end that is not there,
    `Forbidden`, `ValidationFailed` (`self_link`, `incompatible_link_type`, `invalid_choice`,
    `invalid`, `invalid_version`, `unknown_version`), `Conflict` (`duplicate`).
    """
    with joined_transaction():
        (outcome,), events = write_links(actor=actor, drafts=[draft])
        record_events(actor=actor, events=events)
        link = NodeLink.objects.with_ends().get(pk=outcome.require())
        if draft.version_pin not in MOVING:
            follow_links(actor=actor, links=[link])
    return link, outcome.warnings


def create_links(*, actor: Actor, drafts: Sequence[LinkDraft]) -> list[Outcome]:
    """Make many links by hand, each for itself; return what became of each, in their order.

    The rules are those of `create_link`, but nobody is warned. Of two equal drafts one becomes a
    link. The number of statements does not depend on the number of drafts.
    """
    with joined_transaction():
        outcomes, events = write_links(actor=actor, drafts=drafts, warn=False)
        record_events(actor=actor, events=events)
        pinned = [
            outcome.link_id
            for draft, outcome in zip(drafts, outcomes, strict=True)
            if outcome.link_id and draft.version_pin not in MOVING
        ]
        follow_new(actor=actor, link_ids=pinned)
        return outcomes


def write_links(
    *, actor: Actor, drafts: Sequence[LinkDraft], warn: bool = True
) -> tuple[list[Outcome], list[NewEvent]]:
    """Do as `create_links`, but leave the events to the caller, who may tell of more than these.

    With `warn` the outcomes hold the warnings of `create_link`.
    """
    nodes = find_nodes(organization_id=actor.tenant_id, addresses=_ends(drafts))
    editable = editable_entities(actor, {draft.source.entity for draft in drafts})
    kinds = held_kinds(actor, {draft.link_type for draft in drafts})
    unknown = unknown_pins(_pinned(draft) for draft in drafts)
    outcomes = [
        Outcome(refusal=_refusal(draft, nodes, editable, kinds, unknown)) for draft in drafts
    ]
    sound = [place for place, outcome in enumerate(outcomes) if outcome.refusal is None]
    chosen = [drafts[place] for place in sound]
    written = insert_links(actor=actor, drafts=chosen, nodes=nodes, origin=LinkOrigin.MANUAL)
    warnings = warnings_after(actor, chosen) if warn else [[] for _ in chosen]
    events = []
    for place, pk, warned in zip(sound, written, warnings, strict=True):
        if pk is None:
            outcomes[place] = Outcome(refusal=Conflict(DUPLICATE, code="duplicate"))
            continue
        outcomes[place] = Outcome(pk, None, warned)
        events.append(event_of_creation(pk, drafts[place], LinkOrigin.MANUAL))
    return outcomes, events


def require_ends(nodes: Container[Address], *, source: Address, target: Address) -> None:
    """Raise `NotFound` unless there are living nodes at both ends."""
    if source in nodes and target in nodes:
        return
    errors = [
        FieldError(f"/{name}_entity_id", "does_not_exist", "There is no such entity or node.")
        for name, end in (("source", source), ("target", target))
        if end not in nodes
    ]
    raise NotFound("One of the ends does not exist.", errors=errors)


def _refusal(
    draft: LinkDraft,
    nodes: dict[Address, UUID],
    editable: set[Entity],
    kinds: Kinds,
    unknown: set[PinnedTo],
) -> DomainError | None:
    """Return why there is to be no such link, the first reason in the order of checks."""
    try:
        require_ends(nodes, source=draft.source, target=draft.target)
    except NotFound as refusal:
        return refusal
    if draft.source.entity not in editable:
        return Forbidden(REFUSED)
    faults = faults_of(draft, kinds)
    if _pinned(draft) in unknown:
        faults.append(FieldError("/version_pin", UNKNOWN, UNKNOWN_DETAIL))
    return ValidationFailed(errors=faults) if faults else None


def _pinned(draft: LinkDraft) -> PinnedTo:
    return *draft.target.entity, draft.version_pin


def _ends(drafts: Iterable[LinkDraft]) -> set[Address]:
    return {end for draft in drafts for end in (draft.source, draft.target)}
