"""Who runs a saga: one at a time, for as long as the lease lasts, under a fencing token.

A runner that hangs beyond its lease may wake when another has taken over. Every transaction of a
step therefore locks the saga's row and compares the token first; and as long as such a transaction
is open nobody takes over, because claiming skips locked rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor
from accounts.tenancy import system_scope
from config.db import ServerClock
from node_links.choices import SagaStatus
from node_links.events.recording import AggregateKey, record_event
from node_links.models import Saga
from node_links.models.sagas import UNFINISHED

FEATURE = "saga"


class LeaseLost(Exception):
    """Another runner has taken the saga over; this one stops without a trace."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a saga: as it was when claimed, with the token that proves it."""

    saga: Saga

    @property
    def actor(self) -> Actor:
        """In whose name the steps run."""
        return self.saga.actor

    def hold(self) -> Saga:
        """Lock the saga's row until the transaction ends, lengthen the lease; return the row.

        Raises `LeaseLost` where another runner has taken over.
        """
        held = (
            Saga.objects.select_for_update(no_key=True)
            .filter(pk=self.saga.pk, fencing_token=self.saga.fencing_token)
            .first()
        )
        if held is None:
            raise LeaseLost(f"The saga {self.saga.pk} is run by another.")
        Saga.objects.filter(pk=held.pk).update(lease_until=lease_end(), updated_at=timezone.now())
        return held


def lease_end() -> datetime:
    """Return when a lease that begins now ends."""
    return timezone.now() + timedelta(seconds=settings.SAGA_LEASE_SECONDS)


def claimable() -> Q:
    """Return the condition of sagas that anybody may take: not finished, and held by nobody."""
    return Q(status__in=UNFINISHED, lease_until__lt=ServerClock())


def claim_saga(saga_id: UUID) -> Claim | None:
    """Take the saga where nobody holds it, or nobody has begun it; else return None.

    Opens the transaction by itself: raises `RuntimeError` inside another one, where the steps would
    all be lost together and nothing could be taken up again.
    """
    free = claimable() | Q(status=SagaStatus.PENDING)
    with transaction.atomic(durable=True), system_scope():
        rows = Saga.objects.select_for_update(no_key=True, skip_locked=True)
        saga = rows.filter(free, pk=saga_id).first()
        if saga is None:
            return None
        if saga.status == SagaStatus.PENDING:
            saga.status = SagaStatus.RUNNING
            record_saga(saga, "SagaStarted", {"name": saga.name})
        saga.fencing_token += 1  # the row is locked
        saga.lease_until = lease_end()
        saga.save(update_fields=["status", "fencing_token", "lease_until", "updated_at"])
    return Claim(saga)


def record_saga(saga: Saga, event_type: str, data: dict[str, object]) -> None:
    """Record what happened to the saga, in the name of who started it."""
    record_event(
        actor=saga.actor,
        entity=AggregateKey(saga.organization_id, FEATURE, saga.pk),
        event_type=event_type,
        data=data,
    )
