"""Reading notices, and choosing which ones to get: each person for themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import FieldError, Forbidden, NotFound, ValidationFailed
from node_links.choices import NotificationChannel
from node_links.models import Notification, NotificationPreference
from node_links.notifications.kinds import kinds


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a person gets a kind of notice through a channel."""

    kind: str
    channel: str
    enabled: bool
    description: str = ""


def mark_read(*, actor: Actor, pk: UUID) -> Notification:
    """Mark one of the actor's notices read and return it; when it was first read is kept.

    Raises `NotFound` for one that is not theirs.
    """
    with joined_transaction():
        notice = Notification.objects.visible_to(actor).select_for_update().filter(pk=pk).first()
        if notice is None:
            raise NotFound
        if notice.read_at is None:
            notice.read_at = timezone.now()
            notice.save(update_fields=["read_at"])
    return notice


def mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's notices in this organisation read; return how many were not."""
    unread = Notification.objects.visible_to(actor).unread()
    return unread.update(read_at=timezone.now())


def choices_of(actor: Actor) -> list[Choice]:
    """Return what the actor gets of each kind through each channel, chosen or by default."""
    rows = NotificationPreference.objects.filter(
        organization_id=actor.tenant_id, user_id=_person(actor)
    )
    chosen = {
        (kind, channel): on for kind, channel, on in rows.values_list("kind", "channel", "enabled")
    }
    return [
        Choice(
            kind=kind.name,
            channel=channel.value,
            enabled=chosen.get((kind.name, channel), channel in kind.channels),
            description=kind.label,
        )
        for kind in kinds.all()
        for channel in NotificationChannel
    ]


def choose(*, actor: Actor, choices: Iterable[Choice]) -> None:
    """Replace the actor's choices; what is not named goes back to the default of its kind.

    Raises `ValidationFailed` naming unknown kinds, and pairs that are named twice.
    """
    named = list(choices)
    _check(named)
    person = _person(actor)
    with joined_transaction():
        NotificationPreference.objects.filter(
            organization_id=actor.tenant_id, user_id=person
        ).delete()
        NotificationPreference.objects.bulk_create(
            [
                NotificationPreference(
                    organization_id=actor.tenant_id,
                    user_id=person,
                    kind=choice.kind,
                    channel=choice.channel,
                    enabled=choice.enabled,
                )
                for choice in named
            ],
            update_conflicts=True,  # somebody who saves in two windows at once
            update_fields=["enabled"],
            unique_fields=["organization", "user", "kind", "channel"],
        )


def _person(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Forbidden("Only a person has notices.")
    return actor.user_id


def _check(named: list[Choice]) -> None:
    errors = []
    seen = set()
    for index, choice in enumerate(named):
        if kinds.get(choice.kind) is None:
            known = ", ".join(kind.name for kind in kinds.all())
            message = f"There is no such kind; there are: {known}."
            errors.append(FieldError(f"/preferences/{index}/kind", "invalid_choice", message))
        elif (choice.kind, choice.channel) in seen:
            message = "This kind and channel is named twice."
            errors.append(FieldError(f"/preferences/{index}", "duplicate", message))
        seen.add((choice.kind, choice.channel))
    if errors:
        raise ValidationFailed(errors=errors)
