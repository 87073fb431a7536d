"""A cast, an empty cache, and a Valkey that can go away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config import valkey
from node_links.caching.bodies import nearby
from tests.factories import Cast, make_cast


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """Return an organisation with a member of each role, and a stranger; writes are committed."""
    return make_cast()


@pytest.fixture(autouse=True)
def _nothing_nearby() -> Iterator[None]:
    nearby.clear()
    valkey.outage.reset()
    yield
    valkey.outage.reset()


@pytest.fixture
def valkey_away(settings: Settings, tmp_path: Path) -> None:
    """Nothing listens at the address of Valkey."""
    default = {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/none.sock?db=0"}
    settings.CACHES = {**settings.CACHES, "default": default}
