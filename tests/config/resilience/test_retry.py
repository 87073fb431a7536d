"""How often, and after how long, a failed call is tried again."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from config.exceptions import (
    DatabaseConnectionException,
    DataConsistencyException,
    ExternalServiceException,
)
from config.resilience import call_with_retry, with_retry


class Flaky:
    """Fails with each of `errors` in turn, then answers."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture
def waits() -> list[float]:
    return []


def busy(retry_after: float | None, status: int = 429) -> ExternalServiceException:
    return ExternalServiceException(
        "busy", "s", "http://h/", status=status, retry_after=retry_after
    )


def test_what_passes_within_three_tries_is_never_seen(waits: list[float]) -> None:
    operation = Flaky(TimeoutError(), ConnectionResetError())

    answer = call_with_retry(operation, service="s", sleep=waits.append)

    assert answer == "answer"
    assert operation.calls == 3
    assert waits == [1, 2]


def test_after_three_tries_the_last_error_comes_out_unchanged(waits: list[float]) -> None:
    last = DatabaseConnectionException("third")
    operation = Flaky(TimeoutError(), TimeoutError(), last, TimeoutError())

    with pytest.raises(DatabaseConnectionException) as caught:
        call_with_retry(operation, service="s", sleep=waits.append)

    assert caught.value is last
    assert operation.calls == 3
    assert waits == [1, 2]


@pytest.mark.parametrize("error", [DataConsistencyException("odd", "1"), busy(None, status=400)])
def test_what_will_not_pass_is_tried_once(error: Exception, waits: list[float]) -> None:
    operation = Flaky(error)

    with pytest.raises(type(error)):
        call_with_retry(operation, service="s", sleep=waits.append)

    assert operation.calls == 1
    assert waits == []


def test_growth_can_be_exponential(waits: list[float]) -> None:
    operation = Flaky(*[TimeoutError() for _ in range(4)])

    call_with_retry(
        operation, service="s", tries=5, delay=0.5, growth="exponential", sleep=waits.append
    )

    assert waits == [0.5, 1, 2, 4]


def test_jitter_adds_at_most_what_was_asked_for(waits: list[float]) -> None:
    call_with_retry(
        Flaky(TimeoutError(), TimeoutError()), service="s", jitter=0.5, sleep=waits.append
    )

    assert 1 <= waits[0] <= 1.5
    assert 2 <= waits[1] <= 2.5
    assert waits != [1, 2]


def test_a_wish_to_wait_is_honoured(waits: list[float]) -> None:
    call_with_retry(Flaky(busy(0), busy(17)), service="s", sleep=waits.append)

    assert waits == [0, 17]


def test_a_wish_of_more_than_a_minute_is_left_to_the_caller(waits: list[float]) -> None:
    operation = Flaky(busy(61))

    with pytest.raises(ExternalServiceException) as caught:
        call_with_retry(operation, service="s", sleep=waits.append)

    assert caught.value.retry_after == 61
    assert operation.calls == 1
    assert waits == []


def test_each_try_is_logged_without_the_query_string() -> None:
    with capture_logs() as logs:
        call_with_retry(
            Flaky(busy(0), TimeoutError()),
            service="openai",
            endpoint="https://h/v1?key=secret",
            delay=0,
        )

    assert [(one["attempt"], one["outcome"]) for one in logs] == [
        (1, "EXTERNAL_SERVICE_ERROR"),
        (2, "TimeoutError"),
        (3, "ok"),
    ]
    assert {(one["event"], one["service"], one["endpoint"]) for one in logs} == {
        ("outside_call", "openai", "https://h/v1")
    }
    assert all(one["duration_ms"] >= 0 for one in logs)


def test_a_decorated_function_keeps_its_name_and_arguments(waits: list[float]) -> None:
    failures: list[Exception] = [TimeoutError()]

    @with_retry(service="s", sleep=waits.append)
    def double(number: int, *, plus: int = 0) -> int:
        """Twice."""
        if failures:
            raise failures.pop()
        return 2 * number + plus

    function: Callable[..., int] = double

    assert function(4, plus=1) == 9
    assert function.__name__ == "double"
    assert waits == [1]


def test_tries_and_delay_come_from_the_settings(settings: Settings, waits: list[float]) -> None:
    settings.RETRY_TRIES = 2
    settings.RETRY_DELAY = 7
    operation = Flaky(TimeoutError(), TimeoutError())

    with pytest.raises(TimeoutError):
        call_with_retry(operation, service="s", sleep=waits.append)

    assert operation.calls == 2
    assert waits == [7]
