"""What the platform's own errors mean to a step."""

import pytest

from config.exceptions import (
    CircuitOpenException,
    Conflict,
    DatabaseConnectionException,
    DomainError,
    ExternalServiceException,
    FieldError,
    Forbidden,
    InfrastructureException,
    NotFound,
    PerformanceException,
    RateLimited,
    ValidationFailed,
)
from spindles.choices import Category
from spindles.registry.results import StepError
from spindles.steps.failures import failure_of, told_as_failures


@pytest.mark.parametrize(
    ("error", "code", "category", "retryable", "retry_after"),
    [
        (Forbidden(), "permission_denied", Category.PERMISSION, False, None),
        (NotFound(), "not_found", Category.VALIDATION, False, None),
        (Conflict(code="in_use"), "in_use", Category.VALIDATION, False, None),
        (RateLimited(3.0), "rate_limited", Category.EXTERNAL, True, 3.0),
        (
            ExternalServiceException("Down.", "x", "http://x", status=503, retry_after=7.0),
            "external_service_error",
            Category.EXTERNAL,
            True,
            7.0,
        ),
        (
            ExternalServiceException("Refused.", "x", "http://x", status=401),
            "external_service_error",
            Category.EXTERNAL,
            False,
            None,
        ),
        (CircuitOpenException("x", 5.0), "circuit_breaker_open", Category.EXTERNAL, True, 5.0),
        (DatabaseConnectionException("x"), "db_connection_error", Category.RESOURCE, True, 1.0),
        (PerformanceException("x", "m"), "performance_error", Category.RESOURCE, True, 1.0),
        (InfrastructureException("x"), "infrastructure_error", Category.EXECUTION, True, None),
    ],
)
def test_each_error_has_its_category(
    error: DomainError | InfrastructureException,
    code: str,
    category: Category,
    retryable: bool,
    retry_after: float | None,
) -> None:
    failure = failure_of(error)

    assert (failure.code, failure.category, failure.retryable) == (code, category, retryable)
    assert failure.retry_after == retry_after


def test_what_is_for_the_log_is_not_told() -> None:
    assert "secret" not in failure_of(InfrastructureException("secret detail")).message
    assert "secret" not in failure_of(DatabaseConnectionException("secret host")).message


def test_the_wrong_fields_are_named() -> None:
    with pytest.raises(StepError) as failure, told_as_failures():
        raise ValidationFailed(errors=[FieldError("/data/n", "required", "Missing.")])

    assert failure.value.details == {
        "errors": [{"pointer": "/data/n", "code": "required", "message": "Missing."}]
    }
