"""Calling what may fail: retries with growing waits; circuit breakers and a pace that all share.

    @with_retry(service="openai", endpoint=url)      # each try passes the breaker
    def ask() -> Answer:
        return CircuitBreaker("openai", host).call(post, url)

Retry only what is idempotent or carries an idempotency key.
"""

from config.resilience.breaker import CircuitBreaker
from config.resilience.pace import Pace
from config.resilience.retry import call_with_retry, with_retry
from config.resilience.transient import is_transient, retry_after_seconds

__all__ = [
    "CircuitBreaker",
    "Pace",
    "call_with_retry",
    "is_transient",
    "retry_after_seconds",
    "with_retry",
]
