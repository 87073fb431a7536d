"""Undoing a saga: the compensations of the steps that were done, the last step first."""

from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from config.exceptions import InvalidTransition, NotFound
from node_links.choices import SagaStatus, SagaStepStatus
from node_links.models import Saga, SagaStep
from node_links.sagas.claiming import Claim, LeaseLost, record_saga
from node_links.sagas.context import context_of, told
from node_links.sagas.definitions import SagaDefinition
from node_links.sagas.starting import enqueue_saga

logger = structlog.get_logger(__name__)

COMPENSATION_TRIES = 3
_TO_UNDO = (SagaStepStatus.DONE, SagaStepStatus.COMPENSATING)


def compensate(claim: Claim, definition: SagaDefinition) -> Saga:
    """Undo what was done and return the saga, compensated or failed.

    Each compensation has three tries. One that fails for good is kept with its error, and those
    before it are run all the same.
    """
    with scope(claim.actor):
        rows = claim.saga.steps.filter(status__in=_TO_UNDO).order_by("-position")
        positions = list(rows.values_list("position", flat=True))
    for position in positions:
        while not _undo_once(claim, definition, position):
            pass
    return _finish(claim)


def retry_compensation(*, saga_id: UUID, enqueue: bool = True) -> Saga:
    """Give the compensations of a failed saga three more tries each.

    For operators. A worker runs them, or, with `enqueue=False`, the caller by `run_saga`. Raises
    `NotFound`, `InvalidTransition` where the saga has not failed.
    """
    with system_scope():
        saga = Saga.objects.select_for_update(no_key=True).filter(pk=saga_id).first()
        if saga is None:
            raise NotFound("There is no such saga.")
        if saga.status != SagaStatus.FAILED:
            raise InvalidTransition(saga.status, detail="Only a failed saga is tried again.")
        saga.steps.filter(status=SagaStepStatus.COMPENSATION_FAILED).update(
            status=SagaStepStatus.COMPENSATING, compensation_tries=0
        )
        saga.status = SagaStatus.COMPENSATING
        saga.finished_at = None
        saga.lease_until = timezone.now()
        saga.save(update_fields=["status", "finished_at", "lease_until", "updated_at"])
        if enqueue:
            enqueue_saga(saga.pk)
    return saga


def _undo_once(claim: Claim, definition: SagaDefinition, position: int) -> bool:
    """Try one compensation; return whether there is nothing more to try."""
    if not _begin(claim, position):
        return True
    try:
        with scope(claim.actor):
            claim.hold()
            step = claim.saga.steps.get(position=position)
            compensation = definition.step(step.name).compensation
            if compensation is not None:
                compensation(context_of(claim.saga, step))
            step.status = SagaStepStatus.COMPENSATED
            step.compensated_at = timezone.now()
            step.save(update_fields=["status", "compensated_at"])
    except (LeaseLost, OperationalError, InterfaceError):
        raise  # the next runner has the tries that are left
    except Exception as error:
        # Whatever it was is kept on the step and shown to operators; the others must still run.
        logger.error("saga_compensation_failed", saga=claim.saga.name, exc_info=error)
        _keep(claim, position, error)
        return False
    return True


def _begin(claim: Claim, position: int) -> bool:
    """Count one more try; False where there was none left, and the step is given up."""
    with scope(claim.actor):
        claim.hold()
        step = claim.saga.steps.get(position=position)
        if step.compensation_tries >= COMPENSATION_TRIES:
            step.status = SagaStepStatus.COMPENSATION_FAILED
            step.compensation_error = step.compensation_error or "The runner died at each try."
            step.save(update_fields=["status", "compensation_error"])
            return False
        step.compensation_tries += 1
        step.status = SagaStepStatus.COMPENSATING
        step.save(update_fields=["compensation_tries", "status"])
    return True


def _keep(claim: Claim, position: int, error: Exception) -> None:
    with scope(claim.actor):
        saga = claim.hold()
        SagaStep.objects.filter(saga=saga, position=position).update(compensation_error=told(error))


def _finish(claim: Claim) -> Saga:
    with scope(claim.actor):
        saga = claim.hold()
        failed = saga.steps.filter(status=SagaStepStatus.COMPENSATION_FAILED).order_by("-position")
        names = list(failed.values_list("name", flat=True))
        saga.status = SagaStatus.FAILED if names else SagaStatus.COMPENSATED
        saga.finished_at = timezone.now()
        saga.save(update_fields=["status", "finished_at", "updated_at"])
        data: dict[str, object] = {"name": saga.name, "error": saga.error}
        if names:
            record_saga(saga, "SagaFailed", {**data, "not_compensated": names})
        else:
            record_saga(saga, "SagaCompensated", data)
    return saga
