"""The kinds of steps that the tests of the engine use."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.spindles.engine.kinds import Script, kinds_of_tests


@pytest.fixture(autouse=True)
def _no_snapshots(settings: Settings) -> None:
    """Let nothing but the steps themselves wake a run."""
    settings.SNAPSHOT_INTERVAL = 0


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Return what the steps of kind `scripted` and `plain` are to do."""
    with kinds_of_tests(monkeypatch) as written:
        yield written
