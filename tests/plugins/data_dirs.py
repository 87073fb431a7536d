"""Data directories of their own for tests that start servers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.addresses import addresses
from config.embedded.places import kept_elsewhere


@contextmanager
def fresh_data_dir() -> Iterator[Path]:
    """Make a data directory that another account may enter (pytest's own is closed to it)."""
    path = Path(tempfile.mkdtemp(prefix="nodeloom-data-", dir="/tmp"))  # noqa: S108
    path.chmod(0o711)
    try:
        yield path
    finally:
        for folder in [*kept_elsewhere(path), addresses(path).socket_dir, path]:
            shutil.rmtree(folder, ignore_errors=True)
