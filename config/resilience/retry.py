"""Retry on tenacity: which errors, how long between, and one log line per try."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Literal, ParamSpec, TypeVar

import structlog
from django.conf import settings
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_incrementing,
    wait_random,
)
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from config.exceptions import InfrastructureException, bare_endpoint
from config.resilience.transient import is_transient

LONGEST_WAIT_SECONDS = 60.0

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class wait_asked(wait_base):  # noqa: N801 - named like tenacity's own strategies
    """Wait as long as the failed service asked for (`Retry-After`), else as `otherwise` says."""

    otherwise: wait_base

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds until the next try."""
        asked = _asked(retry_state)
        return self.otherwise(retry_state) if asked is None else asked


@dataclass(frozen=True, slots=True)
class stop_asked_too_long(stop_base):  # noqa: N801 - named like tenacity's own strategies
    """Give up at once when the service asks for a longer wait than a caller should sit through."""

    longest: float

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up."""
        asked = _asked(retry_state)
        return asked is not None and asked > self.longest


def _asked(retry_state: RetryCallState) -> float | None:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    # Only an outside answer carries a wish; the blanket second of our own 503 is for our callers.
    return getattr(error, "retry_after", None) if getattr(error, "service", None) else None


def _wait(delay: float, growth: Literal["linear", "exponential"], jitter: float) -> wait_base:
    if growth == "linear":
        wait: wait_base = wait_incrementing(start=delay, increment=delay, max=LONGEST_WAIT_SECONDS)
    else:
        wait = wait_exponential(multiplier=delay, max=LONGEST_WAIT_SECONDS)
    return wait_asked(wait + wait_random(0, jitter) if jitter else wait)


def call_with_retry(
    operation: Callable[[], T],
    *,
    service: str,
    endpoint: str = "",
    tries: int | None = None,
    delay: float | None = None,
    growth: Literal["linear", "exponential"] = "linear",
    jitter: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Return `operation()`, tried again while its error is transient (seed 000, section 6).

    Args:
        operation: what to do; idempotent, or carrying an idempotency key.
        service, endpoint: told in the log, the endpoint without its query string.
        tries: tries in all; default `RETRY_TRIES` (3).
        delay: seconds before the second try; default `RETRY_DELAY` (1).
        growth: `linear` waits 1, 2, 3 … x delay; `exponential` 1, 2, 4 … x delay.
        jitter: up to so many random seconds on top, so that many callers do not return at once.
        sleep: how to wait.

    Raises:
        the last error, unchanged. A `Retry-After` of more than a minute is not waited for.
    """
    bare = bare_endpoint(endpoint)

    def attempt() -> T:
        started = time.perf_counter()
        outcome = "ok"
        try:
            return operation()
        except BaseException as error:
            outcome = (
                error.code if isinstance(error, InfrastructureException) else type(error).__name__
            )
            raise
        finally:
            log.info(
                "outside_call",
                service=service,
                endpoint=bare,
                attempt=retrying.statistics.get("attempt_number"),
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
                outcome=outcome,
            )

    retrying = Retrying(
        stop=stop_after_attempt(settings.RETRY_TRIES if tries is None else tries)
        | stop_asked_too_long(LONGEST_WAIT_SECONDS),
        wait=_wait(settings.RETRY_DELAY if delay is None else delay, growth, jitter),
        retry=retry_if_exception(is_transient),
        sleep=sleep,
        reraise=True,
    )
    return retrying(attempt)


def with_retry(
    *,
    service: str,
    endpoint: str = "",
    tries: int | None = None,
    delay: float | None = None,
    growth: Literal["linear", "exponential"] = "linear",
    jitter: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function with `call_with_retry`; same arguments."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def tried(*args: P.args, **kwargs: P.kwargs) -> T:
            return call_with_retry(
                lambda: function(*args, **kwargs),
                service=service,
                endpoint=endpoint,
                tries=tries,
                delay=delay,
                growth=growth,
                jitter=jitter,
                sleep=sleep,
            )

        return tried

    return decorate
