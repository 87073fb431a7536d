"""Ringing for a worker: the row is the truth, and the sweep rings for whatever nobody answers."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.doorbells import broker_outage

# By name: tasks stand above what they call.
DRIVE = "spindles.tasks.executions.drive"


def ring(organization_id: UUID, execution_id: UUID) -> None:
    """Ask a worker to look at a run; while the broker is away the run waits for the sweep."""
    if broker_outage.paused:
        return
    try:
        current_app.send_task(DRIVE, args=[str(organization_id), str(execution_id)], retry=False)
    except (OperationalError, RedisError, OSError) as error:
        broker_outage.note(ConnectionError(f"The broker cannot be reached: {error}"))


def ring_all(runs: Iterable[tuple[UUID, UUID]]) -> None:
    """Ring for many, given as (organisation, run)."""
    for organization_id, execution_id in runs:
        ring(organization_id, execution_id)


def ring_on_commit(organization_id: UUID, execution_id: UUID) -> None:
    """Ring once the running transaction has been committed."""
    transaction.on_commit(partial(ring, organization_id, execution_id))
