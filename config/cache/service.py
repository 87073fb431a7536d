"""The cache service on django-redis.

Values are JSON (never pickle: whoever can write to Valkey must not be able to run code here). Each
is stored with the moment until which it is fresh, and stays `STALE_SECONDS` longer: while one
caller computes the next value, the others go on with the old one.
"""

import enum
import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from django.conf import settings
from redis import Redis

from config import valkey
from config.cache import scripts
from config.cache.keys import LOCK_PREFIX, PREFIX, TAG_PREFIX, checked, is_key, pattern_name
from config.cache.metrics import count

STALE_SECONDS = 10.0
WAIT_SECONDS = 10.0
LOCK_SECONDS = 30.0
POLL_SECONDS = 0.02
SPREAD = 0.1
SCAN_COUNT = 500


class Miss(enum.Enum):
    """The type of `MISS`."""

    MISS = "miss"

    def __bool__(self) -> bool:
        return False


MISS: Final = Miss.MISS
"""What `get` answers when nothing is stored; a stored null is None."""


class CacheService:
    """get, set, delete, clear, get_or_set, invalidate_by_tag, get_batch, mget, mset.

    Keys come from `key()`; anything else is a ValueError. A value that JSON cannot hold is a
    TypeError. Valkey being away is never an error: reads miss, writes do nothing.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep

    def get(self, key: str) -> Any | Miss:
        """Return the value, or `MISS`."""
        value, fresh = self._read(checked(key))
        value = value if fresh else MISS
        count(pattern_name(key), hit=value is not MISS)
        return value

    def get_batch(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return a map of those found; stored nulls are in it."""
        names = [checked(name) for name in keys]
        if not names:
            return {}
        nothing: list[bytes | str | None] = [None] * len(names)
        payloads = valkey.ask(lambda client: client.mget(names), nothing)
        found = {}
        for name, payload in zip(names, payloads, strict=True):
            value, fresh = self._decode(payload)
            count(pattern_name(name), hit=fresh)
            if fresh:
                found[name] = value
        return found

    def mget(self, keys: Sequence[str]) -> list[Any | None]:
        """Return one value per key in the same order, None where nothing is stored."""
        found = self.get_batch(keys)
        return [found.get(name) for name in keys]

    def set(
        self, key: str, value: Any, ttl: float | None = None, *, tags: Iterable[str] = ()
    ) -> None:
        """Store `value` for about `ttl` seconds (default `CACHE_TTL`), findable by `tags`."""
        self._store(checked(key), orjson.dumps(value), ttl, tags)

    def get_bytes(self, key: str) -> bytes | None:
        """Return what `set_bytes` stored, or None. Never older than its time to live."""
        found: Any = valkey.ask(lambda client: client.get(checked(key)), None)
        count(pattern_name(key), hit=found is not None)
        return found if isinstance(found, bytes) else None

    def set_bytes(
        self, key: str, value: bytes, ttl: float | None = None, *, tags: Iterable[str] = ()
    ) -> None:
        """Store `value` as it is, for what is served as it is stored; for `get_bytes` only.

        Such a value is not served past its time while a new one is computed, as `get_or_set` does.
        """
        names = [checked(key), LOCK_PREFIX + key, *(TAG_PREFIX + tag for tag in tags)]
        lifetime = max(1, round(_spread(ttl) * 1000))
        valkey.ask(
            lambda client: client.eval(scripts.STORE, len(names), *names, value, lifetime, ""), None
        )

    def mset(self, values: Mapping[str, Any], ttl: float | None = None) -> None:
        """Store many values at once."""
        entries = [
            (checked(name), *self._envelope(orjson.dumps(v), ttl)) for name, v in values.items()
        ]

        def question(client: Redis) -> None:
            pipeline = client.pipeline(transaction=False)
            for name, payload, lifetime in entries:
                pipeline.set(name, payload, px=lifetime)
            pipeline.execute()

        if entries:
            valkey.ask(question, None)

    def delete(self, key: str) -> bool:
        """Delete one value, and revoke whoever is computing it. Returns whether it was there."""
        name = checked(key)
        return bool(valkey.ask(lambda client: self._drop(client, [name]), 0))

    def clear(self, pattern: str = "*") -> int:
        """Delete our keys that match a glob (`{organization}:sop:*`); returns how many.

        Goes through the key space in small steps; Valkey stays responsive meanwhile.
        """
        glob = pattern if pattern.startswith(PREFIX) else PREFIX + pattern

        def question(client: Redis) -> int:
            dropped, batch = 0, []
            for raw in client.scan_iter(match=glob, count=SCAN_COUNT):
                name = raw.decode()
                if is_key(name):
                    batch.append(name)
                if len(batch) == SCAN_COUNT:
                    dropped += self._drop(client, batch)
                    batch = []
            return dropped + (self._drop(client, batch) if batch else 0)

        return valkey.ask(question, 0)

    def invalidate_by_tag(self, *tags: str, keep: str = "") -> int:
        """Delete everything stored under any of `tags` but `keep`; returns how many values went."""

        def question(client: Redis) -> int:
            pipeline = client.pipeline(transaction=False)
            for tag in tags:
                pipeline.eval(scripts.DROP_TAG, 1, TAG_PREFIX + tag, LOCK_PREFIX, keep)
            return sum(pipeline.execute())

        return valkey.ask(question, 0) if tags else 0

    def get_or_set(
        self,
        key: str,
        factory: Callable[[], Any],
        ttl: float | None = None,
        *,
        tags: Iterable[str] = (),
    ) -> Any:
        """Return the value, computed by `factory()` where none is stored.

        Of many callers at once one computes; the others get the value of before if it ran out
        less than ten seconds ago, else wait up to ten seconds for the new one, and then compute
        for themselves. What a failing factory raises goes to its caller; nothing is stored.
        """
        tags = list(tags)
        value, fresh = self._read(checked(key))
        count(pattern_name(key), hit=fresh)
        if fresh:
            return value
        deadline = self._clock() + WAIT_SECONDS
        while True:
            token = secrets.token_hex(8)
            taken = self._lock(key, token, tags)
            if taken is None:  # Valkey is away: no cache, no lock
                return orjson.loads(orjson.dumps(factory()))
            if taken:
                return self._compute(key, factory, ttl, tags, token)
            if value is not MISS:
                return value
            if self._clock() >= deadline:
                return orjson.loads(orjson.dumps(factory()))
            self._sleep(POLL_SECONDS)
            value, fresh = self._read(key)
            if fresh:
                return value

    def _compute(
        self, key: str, factory: Callable[[], Any], ttl: float | None, tags: list[str], token: str
    ) -> Any:
        try:
            # Another caller may have finished between our look and our lock.
            value, fresh = self._read(key)
            if fresh:
                return value
            payload = orjson.dumps(factory())
            self._store(key, payload, ttl, tags, token)
            return orjson.loads(payload)
        finally:
            lock = LOCK_PREFIX + key
            valkey.ask(lambda client: client.eval(scripts.UNLOCK, 1, lock, token), None)

    def _lock(self, key: str, token: str, tags: list[str]) -> bool | None:
        names = [LOCK_PREFIX + key, *(TAG_PREFIX + tag for tag in tags)]
        milliseconds = round(LOCK_SECONDS * 1000)

        def question(client: Redis) -> bool | None:
            return bool(client.eval(scripts.LOCK, len(names), *names, token, milliseconds, key))

        return valkey.ask(question, None)

    def _store(
        self, key: str, payload: bytes, ttl: float | None, tags: Iterable[str], token: str = ""
    ) -> None:
        names = [key, LOCK_PREFIX + key, *(TAG_PREFIX + tag for tag in tags)]
        envelope, lifetime = self._envelope(payload, ttl)
        valkey.ask(
            lambda client: client.eval(
                scripts.STORE, len(names), *names, envelope, lifetime, token
            ),
            None,
        )

    def _envelope(self, payload: bytes, ttl: float | None) -> tuple[bytes, int]:
        """Return what is stored (`[fresh until, value]`) and for how many milliseconds."""
        seconds = _spread(ttl)
        until = b"%.3f" % (self._clock() + seconds)
        return b"[" + until + b"," + payload + b"]", max(1, round((seconds + STALE_SECONDS) * 1000))

    def _read(self, key: str) -> tuple[Any | Miss, bool]:
        return self._decode(valkey.ask(lambda client: client.get(key), None))

    def _decode(self, payload: Any) -> tuple[Any | Miss, bool]:
        """Return the value and whether it is fresh; what cannot be read is a miss."""
        if payload is None:
            return MISS, False
        try:
            until, value = orjson.loads(payload)
            return value, float(until) > self._clock()
        except (ValueError, TypeError):
            return MISS, False

    @staticmethod
    def _drop(client: Redis, names: Sequence[str]) -> int:
        pipeline = client.pipeline(transaction=True)
        pipeline.delete(*names)
        pipeline.delete(*(LOCK_PREFIX + name for name in names))
        return int(pipeline.execute()[0])


def _spread(ttl: float | None) -> float:
    """Return about `ttl` seconds: what was stored together does not run out together."""
    seconds = float(settings.CACHE_TTL if ttl is None else ttl)
    if seconds <= 0:
        raise ValueError("A time to live is a positive number of seconds.")
    return seconds * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - no secret


cache = CacheService()
"""The service of this process."""
