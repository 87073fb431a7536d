"""What tests of the cache and the circuits need: a clean Valkey, and one that is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django_redis import get_redis_connection
from pytest_django.fixtures import Settings
from redis import Redis

from config import valkey


@pytest.fixture
def store() -> Iterator[Redis]:
    """The test Valkey, empty before and after."""
    valkey.outage.reset()
    client = get_redis_connection("default")
    client.flushdb()
    yield client
    client.flushdb()


@pytest.fixture
def valkey_away(store: Redis, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Nothing listens at the address of Valkey."""
    valkey.outage.reset()
    default = {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/none.sock?db=0"}
    settings.CACHES = {**settings.CACHES, "default": default}
    yield
    valkey.outage.reset()
