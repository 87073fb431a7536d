"""Driving runs, and ringing for those that nobody drives."""

from uuid import UUID

from celery import shared_task

from spindles.engine.session import Session
from spindles.engine.slots import sweep_queues
from spindles.engine.sweeping import sweep_children as ring_for_parents
from spindles.engine.sweeping import sweep_events as deliver_missed
from spindles.engine.sweeping import sweep_runs as ring_for_due


@shared_task
def drive(organization_id: str, execution_id: str) -> None:
    """Do what can be done for a run now."""
    Session(UUID(organization_id), UUID(execution_id)).drive()


@shared_task
def sweep_runs() -> int:
    """Ring for the runs that somebody must look at, and for the heads of queues."""
    return ring_for_due() + sweep_queues()


@shared_task
def sweep_children() -> int:
    """Ring for the runs whose children have ended; return how many."""
    return ring_for_parents()


@shared_task
def sweep_events() -> int:
    """Deliver the events that a step has just missed; return how many."""
    return deliver_missed()
