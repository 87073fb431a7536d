"""The lock of a data directory."""

from pathlib import Path

import pytest

from config.embedded.lock import DataDirLock, DataDirLocked


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    with DataDirLock(path) as first:
        first.write_note("something longer")
        first.write_note("http://127.0.0.1:8000")

        with pytest.raises(DataDirLocked) as refusal, DataDirLock(path):
            pass

    assert refusal.value.note == "http://127.0.0.1:8000"


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    with DataDirLock(path):
        pass

    with DataDirLock(path) as again:
        assert again.path == path
