"""A person's act upon a run: under its lock, when its state allows it, with its event."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import InvalidTransition, NotFound
from config.request_context import inside_execution
from spindles.choices import OPEN, ExecutionStatus
from spindles.engine.doorbell import ring_on_commit
from spindles.engine.loading import open_run
from spindles.engine.saving import save_run
from spindles.engine.state import Run, StepState
from spindles.models import Execution
from spindles.permissions import require_control

PENDING, RUNNING, PAUSED = OPEN
COMPLETED, FAILED, CANCELLED = (
    ExecutionStatus.COMPLETED,
    ExecutionStatus.FAILED,
    ExecutionStatus.CANCELLED,
)

NEXT: dict[str, tuple[str, ...]] = {
    PENDING: (RUNNING, PAUSED, CANCELLED),
    RUNNING: (PAUSED, COMPLETED, FAILED, CANCELLED),
    PAUSED: (RUNNING, CANCELLED),
    FAILED: (RUNNING, PAUSED),
    COMPLETED: (),
    CANCELLED: (),
}
"""The states that follow each state."""

_UNANSWERED = timedelta(seconds=15)


def find_run(actor: Actor, pk: UUID) -> Execution:
    """Return a run that the actor sees. Raises `NotFound`."""
    found = Execution.objects.visible_to(actor).without_content().filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def require_status(execution: Execution, *statuses: str) -> None:
    """Raise `InvalidTransition` unless the run stands in one of `statuses`."""
    if execution.status not in statuses:
        raise InvalidTransition(str(execution.status), map(str, NEXT[execution.status]))


@contextmanager
def acting(actor: Actor, pk: UUID, *statuses: str, controls: bool = True) -> Iterator[Run]:
    """Lock a run for an act of `actor`, and save what the block has changed of it.

    Raises `NotFound`, `Forbidden` unless the actor may control it, `InvalidTransition` unless it
    stands in one of `statuses`. With `controls=False` the block asks for the right by itself.
    """
    with joined_transaction(), inside_execution(pk):
        seen = find_run(actor, pk)
        if controls:
            require_control(actor, seen)
        run = open_run(pk)
        if run is None:
            raise NotFound()
        require_status(run.row, *statuses)
        yield run
        save_run(run, actor)


def wake(run: Run) -> None:
    """Let a worker look at the run once the transaction has been committed."""
    run.row.wake_at = run.now + _UNANSWERED
    ring_on_commit(run.row.organization_id, run.row.pk)


def find_step(run: Run, step_id: str) -> StepState:
    """Return a step that people know. Raises `NotFound`."""
    found = run.steps.get(step_id)
    if found is None or found.internal:
        raise NotFound()
    return found
