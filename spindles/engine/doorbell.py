"""Ringing for a worker: the row is the truth, and the sweep rings for whatever nobody answers."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction

from config.doorbells import send

# By name: tasks stand above what they call.
DRIVE = "spindles.tasks.executions.drive"


def ring(organization_id: UUID, execution_id: UUID) -> None:
    """Ask a worker to look at a run; while the broker is away the run waits for the sweep."""
    send(DRIVE, organization_id, execution_id)


def ring_all(runs: Iterable[tuple[UUID, UUID]]) -> None:
    """Ring for many, given as (organisation, run)."""
    for organization_id, execution_id in runs:
        ring(organization_id, execution_id)


def ring_on_commit(organization_id: UUID, execution_id: UUID) -> None:
    """Ring once the running transaction has been committed."""
    transaction.on_commit(partial(ring, organization_id, execution_id))
