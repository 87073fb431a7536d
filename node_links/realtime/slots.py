"""How many streams a user holds open, over all live processes.

Counted in Valkey, in one sorted set per user: each stream with the time at which it counts no more
unless it says again that it lives. Without Valkey each process counts its own.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from threading import Lock
from uuid import UUID, uuid4

from django.conf import settings
from django.core.cache import cache

from config.exceptions import RateLimited
from config.valkey import ask

_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""

_own: defaultdict[UUID, int] = defaultdict(int)
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Slot:
    """One open stream of a user."""

    user_id: UUID
    name: str

    @property
    def key(self) -> str:
        """The user's sorted set."""
        return str(cache.make_key(f"streams:{self.user_id}"))


def take(user_id: UUID) -> Slot:
    """Count one more stream. Raises `RateLimited` where the user holds as many as allowed."""
    slot = Slot(user_id, uuid4().hex)
    limit, lifetime = settings.LIVE_STREAMS_PER_USER, _lifetime()
    now = time.time()
    values = (now, limit, now + lifetime, slot.name, int(lifetime) + 1)
    granted = ask(lambda client: bool(client.eval(_TAKE, 1, slot.key, *values)), None)
    with _lock:
        if granted is False or (granted is None and _own[user_id] >= limit):
            raise RateLimited(
                settings.LIVE_HEARTBEAT_SECONDS, f"At most {limit} streams per user at a time."
            )
        _own[user_id] += 1
    return slot


def refresh(slot: Slot) -> None:
    """Say that the stream lives."""
    lifetime = _lifetime()
    ask(lambda client: client.zadd(slot.key, {slot.name: time.time() + lifetime}), None)
    ask(lambda client: client.expire(slot.key, int(lifetime) + 1), None)


def give_back(slot: Slot) -> None:
    """Count the stream no more."""
    with _lock:
        _own[slot.user_id] -= 1
        if _own[slot.user_id] <= 0:
            del _own[slot.user_id]
    ask(lambda client: client.zrem(slot.key, slot.name), None)


def _lifetime() -> float:
    """Seconds after which a stream that says nothing counts no more: two heartbeats were missed."""
    return float(max(3 * settings.LIVE_HEARTBEAT_SECONDS, 2.0))
