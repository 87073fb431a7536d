"""The lock of a data directory: whoever holds it may start and stop the servers in it."""

import fcntl
from pathlib import Path
from types import TracebackType
from typing import Self


class DataDirLocked(Exception):
    """Somebody else holds the lock; `note` is what the holder wrote about itself."""

    def __init__(self, note: str) -> None:
        """Keep the holder's note."""
        super().__init__(note)
        self.note = note


class DataDirLock:
    """An advisory lock that the kernel gives back when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        """Name the lock's file; its folder must exist."""
        self.path = path
        self._file = path.open("a+")

    def acquire(self) -> Self:
        """Take the lock without waiting, or raise DataDirLocked."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            note = self._file.read()
            self._file.close()
            raise DataDirLocked(note) from error
        return self

    def write_note(self, note: str) -> None:
        """Tell the next one who finds the lock taken what runs here."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(note)
        self._file.flush()

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two hold a lock each."""
        self._file.close()

    def __enter__(self) -> Self:
        """Take the lock."""
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self.release()
