"""Running a saga: its steps forward, or, once one has refused, its compensations backward.

    pending -> running -> completed
               running -> compensating -> compensated | failed

Each action commits with the mark that its step is done, each compensation with the mark that it is
undone. A crash at any point leaves a row that says how far the saga was; it goes on from there.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.tenancy import scope
from config.request_context import accept_request_id, request_context
from node_links.choices import SagaStatus, SagaStepStatus
from node_links.models import Saga, SagaStep
from node_links.sagas.claiming import Claim, LeaseLost, claim_saga, record_saga
from node_links.sagas.compensating import compensate
from node_links.sagas.context import context_of, told
from node_links.sagas.definitions import SagaDefinition, sagas

logger = structlog.get_logger(__name__)

# A step whose runner dies each time would be begun for ever.
ACTION_TRIES = 5


class StepKeepsCrashing(Exception):
    """The runners of this step died again and again; it counts as refused."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the saga as it is now, and the error that turned it back in this run."""

    saga: Saga
    error: Exception | None = None


def run_saga(saga_id: UUID) -> Outcome | None:
    """Run the saga to one of its ends; None where it has ended already or another runs it.

    Opens its own transactions and must not be called inside one (`RuntimeError`). Whatever a step
    raises turns the saga back and is kept; a database that fails leaves it where it is, for the
    sweeper, and is raised. Raises `UnknownSaga` where this version does not know the saga.
    """
    claim = claim_saga(saga_id)
    if claim is None:
        return None
    with request_context(accept_request_id(claim.saga.correlation_id), saga_id=str(saga_id)):
        try:
            return _run(claim, sagas.get(claim.saga.name))
        except LeaseLost:
            logger.warning("saga_taken_over", saga=claim.saga.name)
            return None


def _run(claim: Claim, definition: SagaDefinition) -> Outcome:
    error = None
    if claim.saga.status == SagaStatus.RUNNING:
        error = _forward(claim, definition)
        if error is None:
            return Outcome(_complete(claim))
    return Outcome(compensate(claim, definition), error)


def _forward(claim: Claim, definition: SagaDefinition) -> Exception | None:
    """Run the steps that are not done yet; return what the first refusal said."""
    with scope(claim.actor):
        open_steps = claim.saga.steps.exclude(status=SagaStepStatus.DONE)
        waiting = list(open_steps.order_by("position").values_list("position", flat=True))
    for position in waiting:
        try:
            _begin(claim, position)
            _act(claim, definition, position)
        except (LeaseLost, OperationalError, InterfaceError):
            raise  # no word of the step itself; it is begun again by whoever comes next
        except Exception as error:
            # Anything else is the step's refusal: kept on the saga, and given to the caller.
            logger.warning("saga_step_refused", saga=claim.saga.name, exc_info=error)
            _turn_back(claim, position, error)
            return error
    return None


def _begin(claim: Claim, position: int) -> None:
    with scope(claim.actor):
        claim.hold()
        step = claim.saga.steps.get(position=position)
        if step.tries >= ACTION_TRIES:
            raise StepKeepsCrashing(f"{step.name} was begun {step.tries} times and never ended.")
        step.tries += 1
        step.status = SagaStepStatus.RUNNING
        step.started_at = timezone.now()
        step.save(update_fields=["tries", "status", "started_at"])


def _act(claim: Claim, definition: SagaDefinition, position: int) -> None:
    with scope(claim.actor):
        claim.hold()
        step = claim.saga.steps.get(position=position)
        action = definition.step(step.name).action
        step.result = action(context_of(claim.saga, step)) or {}
        step.status = SagaStepStatus.DONE
        step.finished_at = timezone.now()
        step.save(update_fields=["result", "status", "finished_at"])


def _turn_back(claim: Claim, position: int, error: Exception) -> None:
    with scope(claim.actor):
        saga = claim.hold()
        step = SagaStep.objects.get(saga=saga, position=position)
        step.status = SagaStepStatus.FAILED
        step.error = told(error)
        step.finished_at = timezone.now()
        step.save(update_fields=["status", "error", "finished_at"])
        saga.status = SagaStatus.COMPENSATING
        saga.error = f"{step.name}: {step.error}"
        saga.save(update_fields=["status", "error", "updated_at"])


def _complete(claim: Claim) -> Saga:
    with scope(claim.actor):
        saga = claim.hold()
        saga.status = SagaStatus.COMPLETED
        saga.finished_at = timezone.now()
        saga.save(update_fields=["status", "finished_at", "updated_at"])
        record_saga(saga, "SagaCompleted", {"name": saga.name})
    return saga
