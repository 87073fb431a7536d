"""Keeping to a service's rate before it has to say no: calls of all processes, evenly spaced."""

import time
from collections.abc import Callable
from typing import Any

from config import valkey

_MINUTE_MS = 60_000

# The generic cell rate algorithm (ITU-T I.371) without a burst: each call takes the next free slot.
_NEXT_SLOT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local slot = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
redis.call('SET', KEYS[1], slot + ARGV[1], 'PX', slot - now + ARGV[1] + 1000)
return slot - now
"""


class Pace:
    """At most `per_minute` calls a minute to `service`, over all processes; 0 means no limit.

    The slots live in Valkey. Where that is away calls are not held back: the service still says
    429, and retries keep to its `Retry-After`.
    """

    def __init__(
        self, service: str, *, per_minute: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._key = f"nodeloom:pace:{service}"
        self._interval = _MINUTE_MS // per_minute if per_minute else 0
        self._sleep = sleep

    def wait(self) -> float:
        """Take the next free slot and wait for it; return for how long, in seconds."""
        if not self._interval:
            return 0.0
        waiting = valkey.ask(self._take_slot, otherwise=0) / 1000
        if waiting > 0:
            self._sleep(waiting)
        return waiting

    def _take_slot(self, client: Any) -> int:
        return int(client.eval(_NEXT_SLOT, 1, self._key, self._interval))
