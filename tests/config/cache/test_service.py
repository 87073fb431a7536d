"""The cache service against a real Valkey."""

import time
from uuid import uuid4

import pytest
from django.core.cache import cache as django_cache
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings
from redis import Redis
from structlog.testing import capture_logs

from config import valkey
from config.cache import MISS, CacheService, key

ORGANIZATION, OTHER = uuid4(), uuid4()
A, B, C = (key(ORGANIZATION, "sop", name) for name in "abc")
FOREIGN = key(OTHER, "sop", "a")


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(store: Redis, clock: Clock) -> CacheService:
    return CacheService(clock=clock)


def lookups(result: str, pattern: str = "sop") -> float:
    labels = {"pattern": pattern, "result": result}
    return REGISTRY.get_sample_value("nodeloom_cache_lookups_total", labels) or 0.0


def test_a_value_comes_back_as_it_was(cache: CacheService) -> None:
    value = {"title": "Größe", "n": 1.5, "list": [1, None, True], "empty": {}}

    cache.set(A, value)

    assert cache.get(A) == value
    assert cache.get(B) is MISS
    assert not MISS


def test_a_stored_null_differs_from_a_miss(cache: CacheService) -> None:
    cache.set(A, None)

    assert cache.get(A) is None
    assert cache.get_batch([A, B]) == {A: None}
    assert cache.mget([B, A]) == [None, None]


def test_many_at_once(cache: CacheService) -> None:
    cache.mset({A: 1, B: [2]}, ttl=60)
    cache.mset({})

    assert cache.get_batch([C, B, A]) == {A: 1, B: [2]}
    assert cache.mget([C, B, A]) == [None, [2], 1]
    assert cache.get_batch([]) == {}
    assert cache.mget([]) == []


def test_delete_takes_one_and_says_whether_it_was_there(cache: CacheService) -> None:
    cache.mset({A: 1, B: 2})

    assert cache.delete(A) is True
    assert cache.delete(A) is False
    assert cache.mget([A, B]) == [None, 2]


@pytest.mark.parametrize("value", [object(), {1: "a"}, b"bytes", {"a": {1, 2}}])
def test_what_json_cannot_hold_is_refused_and_changes_nothing(
    cache: CacheService, value: object
) -> None:
    cache.set(A, "before")

    with pytest.raises(TypeError):
        cache.set(A, value)
    with pytest.raises(TypeError):
        cache.mset({B: 1, A: value})

    assert cache.mget([A, B]) == ["before", None]


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_time_to_live_is_positive(cache: CacheService, ttl: int) -> None:
    with pytest.raises(ValueError, match="time to live"):
        cache.set(A, 1, ttl=ttl)


def test_every_operation_refuses_a_key_without_organisation(cache: CacheService) -> None:
    for act in (
        lambda: cache.get("sop:1"),
        lambda: cache.set("sop:1", 1),
        lambda: cache.delete("sop:1"),
        lambda: cache.mget(["sop:1"]),
        lambda: cache.get_batch([A, "sop:1"]),
        lambda: cache.mset({"sop:1": 1}),
        lambda: cache.get_or_set("sop:1", lambda: 1),
    ):
        with pytest.raises(ValueError, match="Not a cache key"):
            act()


def test_values_run_out_spread_by_a_tenth(cache: CacheService, clock: Clock, store: Redis) -> None:
    names = [key(ORGANIZATION, "sop", number) for number in range(200)]
    cache.mset(dict.fromkeys(names, 1), ttl=100)

    clock.now += 89.9
    assert len(cache.get_batch(names)) == 200
    clock.now += 10.1
    assert 60 < len(cache.get_batch(names)) < 140
    clock.now += 10.1
    assert cache.get_batch(names) == {}
    lifetimes = [store.pttl(name) for name in names]
    assert all(isinstance(one, int) and 95_000 < one <= 120_000 for one in lifetimes)


def test_the_usual_time_to_live_is_the_setting(
    cache: CacheService, clock: Clock, settings: Settings
) -> None:
    settings.CACHE_TTL = 20
    cache.set(A, 1)

    clock.now += 17.9
    assert cache.get(A) == 1
    clock.now += 4.2
    assert cache.get(A) is MISS


def test_clear_takes_what_matches_and_nothing_else(cache: CacheService, store: Redis) -> None:
    other_kind = key(ORGANIZATION, "plan", "a")
    cache.mset({A: 1, B: 2, FOREIGN: 3, other_kind: 4})
    django_cache.set("throttle:a:b", "not ours")
    store.set("elsewhere", 1)

    assert cache.clear(f"{ORGANIZATION}:sop:*") == 2
    assert cache.get_batch([A, B, FOREIGN, other_kind]) == {FOREIGN: 3, other_kind: 4}
    assert cache.clear() == 2
    assert django_cache.get("throttle:a:b") == "not ours"
    assert store.get("elsewhere") == b"1"


def test_clear_goes_through_many_keys(cache: CacheService) -> None:
    cache.mset({key(ORGANIZATION, "sop", number): number for number in range(1203)})

    assert cache.clear(f"nl:{ORGANIZATION}:*") == 1203
    assert cache.clear(f"nl:{ORGANIZATION}:*") == 0


def test_a_tag_takes_all_that_carry_it(cache: CacheService) -> None:
    cache.set(A, 1, tags=["entity:sop:1", "list"])
    cache.set(B, 2, tags=["entity:sop:2", "list"])
    cache.set(C, 3)

    assert cache.invalidate_by_tag("entity:sop:1") == 1
    assert cache.get_batch([A, B, C]) == {B: 2, C: 3}
    assert cache.invalidate_by_tag("list", "unknown") == 1
    assert cache.invalidate_by_tag() == 0
    assert cache.get_batch([A, B, C]) == {C: 3}


def test_a_tag_lives_as_long_as_the_longest_of_its_values(
    cache: CacheService, store: Redis
) -> None:
    cache.set(A, 1, ttl=1000, tags=["t"])
    cache.set(B, 1, ttl=10, tags=["t"])

    lifetime = store.pttl("nodeloom:tag:t")

    assert isinstance(lifetime, int)
    assert lifetime > 900_000


def test_hits_and_misses_are_counted_by_pattern(cache: CacheService) -> None:
    hits, misses, others = lookups("hit"), lookups("miss"), lookups("hit", "plan")
    cache.set(A, None)

    cache.get(A)
    cache.get(B)
    cache.mget([A, B, C])
    cache.get_or_set(A, lambda: 1)
    cache.get_or_set(C, lambda: 1)

    assert (lookups("hit") - hits, lookups("miss") - misses) == (3, 4)
    assert lookups("hit", "plan") == others


@pytest.mark.parametrize("payload", [b"not json", b"1", b"[1]", b'["x",1]', b"\xff"])
def test_what_somebody_else_wrote_there_is_a_miss(
    cache: CacheService, store: Redis, payload: bytes
) -> None:
    store.set(A, payload)

    assert cache.get(A) is MISS


def test_valkey_away_is_never_an_error_and_told_once(
    valkey_away: None, cache: CacheService
) -> None:
    computed: list[int] = []

    def compute() -> int:
        computed.append(1)
        return 7

    with capture_logs() as logs:
        cache.set(A, 1, tags=["t"])
        cache.mset({A: 1})
        assert cache.get(A) is MISS
        assert cache.mget([A, B]) == [None, None]
        assert cache.delete(A) is False
        assert cache.clear() == 0
        assert cache.invalidate_by_tag("t") == 0
        assert [cache.get_or_set(A, compute) for _ in range(2)] == [7, 7]

    assert len(computed) == 2
    assert [(one["event"], one["log_level"]) for one in logs] == [("valkey_unavailable", "warning")]


def test_a_command_that_valkey_refuses_is_told_and_does_not_pause_the_others(
    cache: CacheService, store: Redis
) -> None:
    store.rpush(A, "a list")
    cache.set(B, 2)

    with capture_logs() as logs:
        assert cache.get(A) is MISS

    assert [one["error"] for one in logs] == ["ResponseError"]
    assert cache.get(B) == 2
    assert not valkey.outage.paused
