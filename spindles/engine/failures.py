"""Failures: what is told of one, and whether and when a step is tried again."""

import random
from typing import Any

from spindles.choices import Category, Severity
from spindles.engine.outputs import for_row
from spindles.plans.plan import RetryRule
from spindles.registry.results import StepError

MAX_INTERRUPTIONS = 3
"""A step whose workers die so often fails: it must not kill workers for ever."""

_SEVERITY = {
    Category.VALIDATION: Severity.MEDIUM,
    Category.PERMISSION: Severity.MEDIUM,
    Category.RESOURCE: Severity.HIGH,
    Category.EXECUTION: Severity.HIGH,
}
_MAX_MESSAGE = 2000


def told(error: StepError, **more: Any) -> dict[str, Any]:
    """Return a failure as it is stored and shown."""
    return {
        "code": error.code,
        "message": error.message[:_MAX_MESSAGE].replace("\0", "\N{REPLACEMENT CHARACTER}"),
        "category": str(error.category),
        "severity": str(_SEVERITY.get(error.category, Severity.MEDIUM)),
        "retryable": error.retryable,
        "retry_after": error.retry_after,
        "details": for_row(error.details),
        **more,
    }


def from_told(failure: dict[str, Any]) -> StepError:
    """Return the error that `told` wrote down."""
    return StepError(
        failure["code"],
        failure["message"],
        category=Category(failure["category"]),
        retryable=failure["retryable"],
        retry_after=failure.get("retry_after"),
        details=failure.get("details"),
    )


def wait_before_next(rule: RetryRule, failures: int, retry_after: float | None) -> float | None:
    """Return the seconds until the next try after so many failures; None where there is none.

    The wait of the strategy, then a uniform share of jitter, then the cap. What the other side
    asked for is the least, up to the cap.
    """
    if failures >= rule.max_attempts:
        return None
    jitter = random.uniform(0, rule.jitter) if rule.jitter else 0.0  # noqa: S311 - no secret
    wait = rule.uncapped_delay_after(failures) + jitter
    return min(max(wait, retry_after or 0.0), rule.max_delay)


def of_run(
    code: str, message: str, *, category: Category, step_ids: list[str], correlation_id: str | None
) -> dict[str, Any]:
    """Return why a run failed."""
    failure = told(StepError(code, message, category=category, retryable=True))
    return {**failure, "step_ids": step_ids, "correlation_id": correlation_id}
