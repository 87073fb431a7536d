"""Circuit breakers: after repeated failures a service is left alone for a while.

    closed --5 consecutive failures--> open --30 s--> half-open --success--> closed
                                        ^---------------failure---'

One circuit per service and host, shared by all processes and hosts. pybreaker decides; the state is
`SharedCircuit`. A pybreaker object holds a lock while the call runs, which would let one thread at
a time through, so each call gets an object of its own: it is small, and the state is not in it.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import pybreaker
import structlog
from django.conf import settings

from config.exceptions import CircuitOpenException
from config.resilience.circuit import SharedCircuit

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger(__name__)


class _Announce(pybreaker.CircuitBreakerListener):
    """Says when a circuit opens or closes."""

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        """Log the change."""
        log.warning("circuit_changed", circuit=cb.name, state=new_state.name)


class CircuitBreaker:
    """The circuit of one service on one host.

    Args:
        service, host: together they name the circuit.
        failures: consecutive failures that open it; default `BREAKER_FAILURES` (5).
        seconds: how long it stays open; default `BREAKER_SECONDS` (30).
    """

    def __init__(
        self,
        service: str,
        host: str,
        *,
        failures: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self.service = service
        self.name = f"{service}:{host}"
        self._failures = settings.BREAKER_FAILURES if failures is None else failures
        self._seconds = settings.BREAKER_SECONDS if seconds is None else seconds

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `function(*args, **kwargs)` and learn from how it went.

        Transient errors count against the service (see `is_transient`); others, above all a
        caller's own 4xx, do not. If the shared state cannot be reached the call goes through.

        Raises:
            CircuitOpenException: the circuit is open, or another call is the trial; `function` was
                not called.
        """
        circuit = SharedCircuit(self.name, failures=self._failures, seconds=self._seconds)
        if circuit.state == pybreaker.STATE_OPEN:
            raise CircuitOpenException(self.service, circuit.seconds_left)
        breaker = pybreaker.CircuitBreaker(
            fail_max=self._failures,
            reset_timeout=self._seconds,
            exclude=[circuit.excuses],
            listeners=[_Announce()],
            state_storage=circuit,
            name=self.name,
            throw_new_error_on_trip=False,
        )
        return breaker.call(function, *args, **kwargs)
