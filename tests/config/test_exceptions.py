"""The refusals and failures, and what they tell."""

import pytest

from config import exceptions
from config.exceptions import (
    HTTP_STATUS,
    CircuitOpenException,
    Conflict,
    DatabaseConnectionException,
    DataConsistencyException,
    DomainError,
    ExternalServiceException,
    FieldError,
    InfrastructureException,
    InvalidTransition,
    PerformanceException,
    RateLimited,
    RevisionConflict,
    ValidationFailed,
    problem_table,
)


@pytest.mark.parametrize(
    ("error", "code", "status", "retry_after"),
    [
        (InfrastructureException("broken", "DISK_FULL"), "DISK_FULL", 500, None),
        (DatabaseConnectionException("gone"), "DB_CONNECTION_ERROR", 503, 1.0),
        (ExternalServiceException("bad", "s", "http://h/"), "EXTERNAL_SERVICE_ERROR", 502, None),
        (DataConsistencyException("odd", "42"), "DATA_CONSISTENCY_ERROR", 409, None),
        (PerformanceException("slow", "seconds"), "PERFORMANCE_ERROR", 503, 1.0),
        (CircuitOpenException("openai", 12.5), "CIRCUIT_BREAKER_OPEN", 503, 12.5),
    ],
)
def test_each_failure_carries_its_code_status_and_wait(
    error: InfrastructureException, code: str, status: int, retry_after: float | None
) -> None:
    assert (error.code, error.status_code, error.retry_after) == (code, status, retry_after)
    assert error.problem_code == code.lower()
    assert error.details == {}


def test_failures_name_what_they_are_about() -> None:
    assert DataConsistencyException("odd", "42").entity_id == "42"
    assert PerformanceException("slow", "seconds").metric == "seconds"
    assert CircuitOpenException("openai", 1).service == "openai"
    assert str(DatabaseConnectionException("gone", {"host": "db"})) == "gone"
    assert DatabaseConnectionException("gone", {"host": "db"}).details == {"host": "db"}


def test_an_endpoint_loses_everything_that_could_be_a_secret() -> None:
    error = ExternalServiceException("bad", "s", "https://me:pw@h:8443/v1/x?key=secret#top")

    assert error.endpoint == "https://h:8443/v1/x"
    assert "secret" not in str(error)
    assert ExternalServiceException("bad", "s", "http://[x?secret").endpoint == "invalid address"


def test_a_refusal_has_a_sentence_even_when_none_is_given() -> None:
    assert str(ValidationFailed()) == "The request has invalid values."
    assert DomainError("No.").detail == "No."


def test_a_refusal_of_one_field_names_it() -> None:
    refusal = ValidationFailed.of("/title", "max_length", "At most 255 characters.")

    assert refusal.errors == [FieldError("/title", "max_length", "At most 255 characters.")]
    assert (refusal.status, refusal.code) == (400, "validation_error")


def test_a_conflict_takes_a_closer_code_without_changing_its_class() -> None:
    assert Conflict("There is one.", code="duplicate").code == "duplicate"
    assert Conflict().code == "conflict"


def test_a_refused_transition_tells_where_one_can_go() -> None:
    refusal = InvalidTransition("archived", ["draft"])

    assert refusal.extra == {"current": "archived", "allowed": ["draft"]}
    assert (refusal.status, refusal.code) == (409, "invalid_transition")


def test_a_stale_revision_tells_the_present_one() -> None:
    assert RevisionConflict(7).extra == {"current_revision": 7}
    assert RevisionConflict(7).status == 412


def test_a_rate_limit_tells_when_to_come_back() -> None:
    refusal = RateLimited(30, code="locked_out")

    assert (refusal.retry_after, refusal.code, refusal.status) == (30, "locked_out", 429)


def test_every_refusal_is_in_the_table_with_its_own_status() -> None:
    classes = [
        one
        for one in vars(exceptions).values()
        if isinstance(one, type) and issubclass(one, DomainError)
    ]

    assert len(classes) == 11
    assert {one.code: one.status for one in classes} == {
        one.code: HTTP_STATUS[one.code] for one in classes
    }
    assert all(400 <= status < 600 and title for status, title in problem_table.values())
