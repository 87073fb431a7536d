"""Skipping steps by hand."""

from uuid import UUID

from accounts.actors import Actor
from config.exceptions import InvalidTransition
from spindles.choices import SkipReason, StepStatus
from spindles.engine.transitions import skip
from spindles.models import Execution
from spindles.services.acting import NEXT, acting, find_step, wake


def skip_step(*, actor: Actor, pk: UUID, step_id: str, reason: str = "") -> Execution:
    """Let a pending step be; what depends on it runs as though it had nothing to say.

    Raises `NotFound`, `Forbidden`, and `InvalidTransition` for a step that is not pending.
    """
    with acting(actor, pk, *NEXT) as run:
        step = find_step(run, step_id)
        if step.status != StepStatus.PENDING:
            raise InvalidTransition(str(step.status))
        skip(run, step, SkipReason.MANUAL, reason)
        wake(run)
    return run.row
