"""What tests that start servers need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.data_dirs import fresh_data_dir


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A fresh data directory, removed afterwards with all that belongs to it."""
    with fresh_data_dir() as path:
        yield path
