"""Which errors may pass by themselves."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from config.exceptions import (
    CircuitOpenException,
    DatabaseConnectionException,
    DataConsistencyException,
    ExternalServiceException,
    NotFound,
)
from config.resilience import is_transient, retry_after_seconds


def answered(status: int | None) -> ExternalServiceException:
    return ExternalServiceException("bad", "s", "http://h/", status=status)


@pytest.mark.parametrize(
    "error",
    [
        DatabaseConnectionException("gone"),
        answered(None),
        answered(500),
        answered(503),
        answered(302),
        answered(408),
        answered(425),
        answered(429),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=repr,
)
def test_these_may_pass(error: Exception) -> None:
    assert is_transient(error) is True


@pytest.mark.parametrize(
    "error",
    [
        answered(400),
        answered(401),
        answered(404),
        answered(422),
        CircuitOpenException("s", 1),
        DataConsistencyException("odd", "1"),
        NotFound(),
        ValueError(),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_these_will_not(error: BaseException) -> None:
    assert is_transient(error) is False


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        (None, None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_retry_after_counts_from_now() -> None:
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert retry_after_seconds(header) == pytest.approx(90, abs=2)
