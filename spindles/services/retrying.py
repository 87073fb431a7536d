"""Trying a run again as a new one: from what failed, from a step, or on another version."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import InvalidTransition, ValidationFailed
from spindles.engine.loading import plan_of
from spindles.models import Execution
from spindles.permissions import require_execution
from spindles.plans.plan import Plan
from spindles.registry.runnables import Prepared, runnables
from spindles.services.acting import CANCELLED, COMPLETED, FAILED, require_status
from spindles.services.starting_again import (
    completed_steps,
    find_whole_run,
    from_step_on,
    require_step,
    source_of_run,
    start_again,
    unchanged,
)

DRAFT = "draft"


def retry_execution(
    *,
    actor: Actor,
    pk: UUID,
    from_step: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    version: str | None = None,
) -> Execution:
    """Start a new run that takes over what the old one has completed, and return it.

    Args:
        from_step: this step and all that come after it run, also where they were completed.
        inputs: other inputs than the old run had; only with `from_step`.
        version: another version of what ran; taken over is what is unchanged in it.

    Raises:
        NotFound, Forbidden: the run is unseen, its source may not be executed.
        InvalidTransition: it has not ended, or nothing of it is left to be done.
        ValidationFailed: `/from_step` names no step, `/inputs` do not fit.
    """
    with joined_transaction():
        old = find_whole_run(actor, pk)
        require_execution(actor, old)
        require_status(old, COMPLETED, FAILED, CANCELLED)
        if from_step is None and old.status == COMPLETED:
            raise InvalidTransition(str(old.status), detail="Nothing of it is left to be done.")
        if inputs is not None and from_step is None:
            raise ValidationFailed.of(
                "/inputs", "requires_from_step", "Other inputs need `from_step`."
            )
        prepared = _prepared(actor, old, inputs, version)
        plan = plan_of(prepared.source.plan_id)
        if from_step is not None:
            require_step(plan, from_step, "/from_step")
        taken = _taken_over(old, plan, from_step)
        return start_again(actor=actor, old=old, prepared=prepared, taken_over=taken, retry_of=old)


def _prepared(
    actor: Actor, old: Execution, inputs: Mapping[str, Any] | None, version: str | None
) -> Prepared:
    """Return what is to run: the old run's own plan and inputs, but for what is asked anew."""
    if inputs is None and version is None:
        return Prepared(source_of_run(old), old.inputs)
    own = DRAFT if old.is_draft else old.source_version
    prepared = runnables.get(old.source_feature).prepare(
        actor=actor,
        target=str(old.source_id),
        version=version or own,
        environment=str(old.environment),
        inputs=old.inputs if inputs is None else inputs,
    )
    if version is not None:
        return prepared
    return Prepared(source_of_run(old), prepared.inputs)


def _taken_over(old: Execution, plan: Plan, from_step: str | None) -> set[str]:
    taken = completed_steps(old)
    before = plan_of(old.plan_id)
    if plan.checksum != before.checksum:
        taken &= unchanged(before, plan)
    return taken if from_step is None else taken - from_step_on(plan, from_step)
