"""Replaying a run for comparison: the same plan and inputs, and nothing outside is touched."""

from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import InvalidTransition, ValidationFailed
from spindles.choices import ReplayMode
from spindles.engine.loading import plan_of
from spindles.models import Execution
from spindles.permissions import require_execution
from spindles.registry.runnables import Prepared
from spindles.services.acting import CANCELLED, COMPLETED, FAILED, require_status
from spindles.services.starting_again import (
    completed_steps,
    find_whole_run,
    from_step_on,
    require_step,
    source_of_run,
    start_again,
)


def replay_execution(
    *,
    actor: Actor,
    pk: UUID,
    mode: str,
    start_from_step: str | None = None,
    live: bool = False,
) -> Execution:
    """Start a replay of a run that has ended, and return it.

    Args:
        mode: `full`, `from_step` (it and all that come after it) or `failed_only`.
        live: steps with an effect outside have it again; else the recording answers for them, and
            nobody hears of the replay.

    Raises:
        NotFound, Forbidden: the run is unseen, its source may not be executed.
        InvalidTransition: it has not ended, or has nothing that failed.
        ValidationFailed: `/start_from_step` is missing or names no step.
    """
    with joined_transaction():
        old = find_whole_run(actor, pk)
        require_execution(actor, old)
        require_status(old, COMPLETED, FAILED, CANCELLED)
        if mode == ReplayMode.FAILED_ONLY and old.status == COMPLETED:
            raise InvalidTransition(str(old.status), detail="Nothing of it has failed.")
        return start_again(
            actor=actor,
            old=old,
            prepared=Prepared(source_of_run(old), old.inputs),
            taken_over=_taken_over(old, mode, start_from_step),
            replay_of=old,
            replay_mode=mode,
            replay_live=live,
        )


def _taken_over(old: Execution, mode: str, step_id: str | None) -> set[str]:
    if mode == ReplayMode.FROM_STEP:
        if step_id is None:
            raise ValidationFailed.of(
                "/start_from_step", "required", "Name the step to start from."
            )
        plan = plan_of(old.plan_id)
        require_step(plan, step_id, "/start_from_step")
        return completed_steps(old) - from_step_on(plan, step_id)
    return set() if mode == ReplayMode.FULL else completed_steps(old)
