"""Bytes that are served as they are stored, and tags of which one key stays."""

from uuid import uuid4

import pytest
from redis import Redis

from config.cache import CacheService, key

ORGANIZATION = uuid4()
A, B = (key(ORGANIZATION, "sop", name) for name in "ab")


@pytest.fixture
def cache(store: Redis) -> CacheService:
    return CacheService()


def test_bytes_come_back_as_they_were(cache: CacheService, store: Redis) -> None:
    assert cache.get_bytes(A) is None

    cache.set_bytes(A, b"\x1e{}\xff", ttl=100)

    assert cache.get_bytes(A) == b"\x1e{}\xff"
    assert 89_000 <= int(store.pttl(A)) <= 110_000


def test_bytes_need_a_key_and_a_time(cache: CacheService) -> None:
    with pytest.raises(ValueError):
        cache.set_bytes("sop:1", b"")
    with pytest.raises(ValueError):
        cache.get_bytes("sop:1")
    with pytest.raises(ValueError):
        cache.set_bytes(A, b"", ttl=0)

    assert cache.get_bytes(A) is None


def test_a_key_that_is_kept_stays_under_its_tag(cache: CacheService) -> None:
    for name in (A, B):
        cache.set_bytes(name, b"x", tags=["entity:sop:1"])

    assert cache.invalidate_by_tag("entity:sop:1", keep=A) == 1
    assert (cache.get_bytes(A), cache.get_bytes(B)) == (b"x", None)
    assert cache.invalidate_by_tag("entity:sop:1") == 1
    assert cache.get_bytes(A) is None


@pytest.mark.usefixtures("valkey_away")
def test_without_valkey_there_are_no_bytes(cache: CacheService) -> None:
    cache.set_bytes(A, b"x")

    assert cache.get_bytes(A) is None
    assert cache.invalidate_by_tag("entity:sop:1", keep=A) == 0
