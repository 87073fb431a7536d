"""What the platform refused or could not do, as the failure of a step."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.exceptions import (
    CircuitOpenException,
    DatabaseConnectionException,
    DomainError,
    ExternalServiceException,
    Forbidden,
    InfrastructureException,
    PerformanceException,
    RateLimited,
)
from config.outbound import OutboundRefused
from config.resilience.transient import is_transient
from spindles.choices import Category
from spindles.registry.results import StepError


@contextmanager
def told_as_failures() -> Iterator[None]:
    """Raise what the platform raises in the block as `StepError`."""
    try:
        yield
    except (DomainError, InfrastructureException) as error:
        raise failure_of(error) from error


def failure_of(error: DomainError | InfrastructureException) -> StepError:
    """Return the failure that `error` means for a step.

    A rule that refused refuses again, so it is not tried again; what an outside service or the
    machine could not do is. Only an outside service's own words are repeated, as its class says.
    """
    match error:
        case DomainError():
            return _refused(error)
        case ExternalServiceException():
            return StepError(
                error.problem_code,
                error.message,
                category=Category.EXTERNAL,
                retryable=is_transient(error),
                retry_after=error.retry_after,
            )
        case CircuitOpenException():
            category, message = Category.EXTERNAL, error.message
        case DatabaseConnectionException() | PerformanceException():
            category, message = Category.RESOURCE, "The platform is busy."
        case _:
            category, message = Category.EXECUTION, "Something underneath failed."
    return StepError(error.problem_code, message, category=category, retry_after=error.retry_after)


def _refused(error: DomainError) -> StepError:
    if isinstance(error, RateLimited):
        return StepError(
            error.code, error.detail, category=Category.EXTERNAL, retry_after=error.retry_after
        )
    forbidden = isinstance(error, Forbidden | OutboundRefused)
    faults = [
        {"pointer": one.pointer, "code": one.code, "message": one.message} for one in error.errors
    ]
    return StepError(
        error.code,
        error.detail,
        category=Category.PERMISSION if forbidden else Category.VALIDATION,
        details={"errors": faults} if faults else None,
    )
