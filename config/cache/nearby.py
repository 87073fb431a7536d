"""A few values in the process itself, in front of Valkey.

For values that never change under their key: no process could tell another that one is out of date.
Bounded in bytes and in time; the least recently used ones go first.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# What an entry costs beside its value, about.
OVERHEAD = 300


class Nearby:
    """`get` and `put` of bytes, for at most `limit` bytes in all and `seconds` each. Thread-safe.

    A limit of 0 keeps nothing.
    """

    def __init__(
        self, limit: int, seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self.size = 0

    def get(self, key: str) -> bytes | None:
        """Return the value, or None where none is kept or its time has passed."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry[0] <= self._clock():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: str, value: bytes) -> None:
        """Keep `value`, unless it alone is more than an eighth of everything."""
        cost = len(value) + OVERHEAD
        if cost * 8 > self._limit:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            self._entries[key] = (self._clock() + self._seconds, value)
            self.size += cost
            while self.size > self._limit:
                self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._entries.clear()
            self.size = 0

    def _drop(self, key: str) -> None:
        self.size -= len(self._entries.pop(key)[1]) + OVERHEAD
