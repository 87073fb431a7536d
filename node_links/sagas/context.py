"""What the functions of a step are given, and how their errors are kept."""

from node_links.choices import SagaStepStatus
from node_links.models import Saga, SagaStep
from node_links.sagas.definitions import SagaContext

_ANSWERED = (
    SagaStepStatus.DONE,
    SagaStepStatus.COMPENSATING,
    SagaStepStatus.COMPENSATED,
    SagaStepStatus.COMPENSATION_FAILED,
)
_LONGEST_ERROR = 2000


def context_of(saga: Saga, step: SagaStep) -> SagaContext:
    """Return what `step` of `saga` is to know."""
    answered = saga.steps.filter(status__in=_ANSWERED).values_list("name", "result")
    return SagaContext(
        saga_id=saga.pk,
        actor=saga.actor,
        payload=saga.payload,
        step_payload=step.payload,
        results=dict(answered),
    )


def told(error: Exception) -> str:
    """Return the error as one text: its class and what it says."""
    return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
