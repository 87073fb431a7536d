"""Asking Valkey for things that the process can do without.

The cache and the circuit breakers keep their state in Valkey, and neither may hurt when it is away:
`ask` answers with a given default instead, tells it once a minute, and for `PAUSE_SECONDS` after a
lost connection does not even try, so that a page with forty look-ups waits for one connect timeout
and not for forty.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django_redis import get_redis_connection
from redis import Redis
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as ValkeyTimeoutError

PAUSE_SECONDS = 2.0
WARN_SECONDS = 60.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Outage:
    """What this process knows about Valkey being away. One per process, shared by its threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next question is asked, the next failure is told."""
        self._paused_until = self._silent_until = float("-inf")

    @property
    def paused(self) -> bool:
        """Whether questions are not asked at present."""
        return self._clock() < self._paused_until

    def note(self, error: Exception) -> None:
        """Record a failed question; warn unless that was done within the last minute."""
        with self._lock:
            now = self._clock()
            if isinstance(error, (ValkeyConnectionError, ValkeyTimeoutError, OSError)):
                self._paused_until = now + PAUSE_SECONDS
            if now < self._silent_until:
                return
            self._silent_until = now + WARN_SECONDS
        log.warning("valkey_unavailable", error=type(error).__name__, detail=str(error)[:200])


outage = Outage()


def ask(question: Callable[["Redis"], T], otherwise: T) -> T:
    """Return `question(client)`, or `otherwise` when Valkey cannot answer. Never raises for it."""
    if outage.paused:
        return otherwise
    try:
        return question(get_redis_connection("default"))
    except (RedisError, OSError) as error:
        outage.note(error)
        return otherwise
