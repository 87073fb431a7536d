"""Computing a value once, whoever asks."""

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from redis import Redis

from config.cache import MISS, CacheService, key

KEY = key(uuid4(), "sop", "a")


class Clock:
    """Seconds that pass when told to, and while waiting."""

    def __init__(self) -> None:
        self.now = time.time()
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(store: Redis, clock: Clock) -> CacheService:
    return CacheService(clock=clock, sleep=clock.sleep)


def never() -> None:
    raise AssertionError("computed again")


def test_it_computes_once_and_then_finds(cache: CacheService) -> None:
    assert cache.get_or_set(KEY, lambda: {"a": (1, 2)}) == {"a": [1, 2]}

    assert cache.get_or_set(KEY, never) == {"a": [1, 2]}
    assert cache.get(KEY) == {"a": [1, 2]}


def test_null_is_a_value(cache: CacheService) -> None:
    assert cache.get_or_set(KEY, lambda: None) is None

    assert cache.get_or_set(KEY, never) is None


def test_a_failing_factory_stores_nothing_and_blocks_nobody(
    cache: CacheService, store: Redis
) -> None:
    with pytest.raises(AssertionError, match="computed again"):
        cache.get_or_set(KEY, never)

    assert store.keys("*") == []
    assert cache.get_or_set(KEY, lambda: 2) == 2


def test_of_many_callers_one_computes(store: Redis) -> None:
    cache = CacheService()
    asking = threading.Barrier(8, timeout=10)
    computed: list[int] = []

    def compute() -> str:
        computed.append(1)
        threading.Event().wait(0.1)  # long enough for the others to find the lock taken
        return "value"

    def ask(_: int) -> str:
        asking.wait()
        return str(cache.get_or_set(KEY, compute))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert answers == ["value"] * 8
    assert computed == [1]


def test_while_one_computes_the_others_get_the_value_of_before(
    cache: CacheService, clock: Clock
) -> None:
    cache.set(KEY, "old", ttl=100)
    clock.now += 111
    seen: list[str] = []

    def compute() -> str:
        seen.append(cache.get_or_set(KEY, never))
        return "new"

    assert cache.get(KEY) is MISS
    assert cache.get_or_set(KEY, compute, ttl=100) == "new"
    assert seen == ["old"]
    assert clock.slept == 0
    assert cache.get(KEY) == "new"


def test_whoever_waited_ten_seconds_computes_alone(cache: CacheService, clock: Clock) -> None:
    def slow() -> str:
        assert cache.get_or_set(KEY, lambda: "own") == "own"
        assert cache.get(KEY) is MISS  # the right to store stays with the first
        return "slow"

    assert cache.get_or_set(KEY, slow) == "slow"
    assert 10 <= clock.slept < 10.1
    assert cache.get(KEY) == "slow"


def test_a_waiting_caller_takes_over_when_the_first_fails(store: Redis) -> None:
    cache = CacheService()
    inside, fail = threading.Event(), threading.Event()

    def failing() -> None:
        inside.set()
        fail.wait(10)
        raise RuntimeError("no")

    def waiting_sleep(seconds: float) -> None:
        fail.set()
        time.sleep(seconds)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.get_or_set, KEY, failing)
        assert inside.wait(10)
        second = CacheService(sleep=waiting_sleep).get_or_set(KEY, lambda: "second")
        with pytest.raises(RuntimeError, match="no"):
            first.result(10)

    assert second == "second"
    assert cache.get(KEY) == "second"


@pytest.mark.parametrize(
    "invalidate",
    [
        lambda cache: cache.invalidate_by_tag("t"),
        lambda cache: cache.delete(KEY),
    ],
    ids=["tag", "delete"],
)
def test_what_was_invalidated_while_computing_is_not_stored(
    cache: CacheService, invalidate: Callable[[CacheService], object]
) -> None:
    def compute() -> str:
        invalidate(cache)
        return "read before the change"

    assert cache.get_or_set(KEY, compute, tags=["t"]) == "read before the change"

    assert cache.get(KEY) is MISS


def test_what_is_stored_carries_its_tags(cache: CacheService) -> None:
    cache.get_or_set(KEY, lambda: 1, tags=["t", "u"])

    assert cache.invalidate_by_tag("u") == 1
    assert cache.get(KEY) is MISS


def test_a_value_found_after_the_lock_is_not_computed_again(
    cache: CacheService, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = secrets.token_hex

    def finished_meanwhile(length: int) -> str:
        cache.set(KEY, "theirs")
        return first(length)

    monkeypatch.setattr(secrets, "token_hex", finished_meanwhile)

    assert cache.get_or_set(KEY, never) == "theirs"
