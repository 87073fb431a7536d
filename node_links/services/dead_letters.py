"""Deciding about events that could not be delivered."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import Conflict, Forbidden, NotFound
from node_links.choices import DeadLetterStatus, DeliveryStatus
from node_links.events.dead_letters import settle
from node_links.models import DeadLetter

BULK_LIMIT = 1000


def retry_dead_letter(*, actor: Actor, pk: UUID) -> DeadLetter:
    """Deliver the event again, with all its tries, and what waits behind it after that.

    Raises `NotFound`; `Conflict` where it was decided about already; `Forbidden`.
    """
    return _resolve_one(actor, pk, DeadLetterStatus.RETRIED, "")


def discard_dead_letter(*, actor: Actor, pk: UUID, reason: str) -> DeadLetter:
    """Let the event go for this subscriber. Raises as `retry_dead_letter`."""
    return _resolve_one(actor, pk, DeadLetterStatus.DISCARDED, reason)


def retry_dead_letters(*, actor: Actor, chosen: QuerySet[DeadLetter]) -> int:
    """Retry the open ones among `chosen`, oldest first, 1000 at most; return how many."""
    return _resolve_many(actor, chosen, DeadLetterStatus.RETRIED, "")


def discard_dead_letters(*, actor: Actor, chosen: QuerySet[DeadLetter], reason: str) -> int:
    """Discard the open ones among `chosen`, oldest first, 1000 at most; return how many."""
    return _resolve_many(actor, chosen, DeadLetterStatus.DISCARDED, reason)


def _resolve_one(actor: Actor, pk: UUID, status: DeadLetterStatus, reason: str) -> DeadLetter:
    _require_administrator(actor)
    with joined_transaction():
        rows = DeadLetter.objects.visible_to(actor).select_for_update()
        letter = rows.filter(pk=pk).first()
        if letter is None:
            raise NotFound
        if letter.status != DeadLetterStatus.OPEN:
            raise Conflict(f"It was {letter.status} already.", extra={"current": letter.status})
        _resolve(actor, [letter], status, reason)
    letter.refresh_from_db()
    return letter


def _resolve_many(
    actor: Actor, chosen: QuerySet[DeadLetter], status: DeadLetterStatus, reason: str
) -> int:
    _require_administrator(actor)
    with joined_transaction():
        rows = chosen.filter(status=DeadLetterStatus.OPEN).select_for_update(of=("self",))
        return _resolve(actor, list(rows.order_by("event_id", "pk")[:BULK_LIMIT]), status, reason)


def _resolve(
    actor: Actor, letters: Iterable[DeadLetter], status: DeadLetterStatus, reason: str
) -> int:
    found = list(letters)
    DeadLetter.objects.filter(pk__in=[letter.pk for letter in found]).update(
        status=status, reason=reason, resolved_by=actor.user_id, resolved_at=timezone.now()
    )
    retried = status == DeadLetterStatus.RETRIED
    settle(
        [(letter.subscriber, letter.event_id) for letter in found],
        DeliveryStatus.PENDING if retried else DeliveryStatus.DISCARDED,
    )
    return len(found)


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("This is for administrators.")
