"""Files of an import: a folder, a zip archive, or one file; read whole, within bounds."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config.exceptions import FieldError
from function_models.exchange.faces import ExchangeError
from function_models.exchange.formats import SUFFIXES
from knowledge_base.sources.archive import DAMAGE, check_member
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.limits import MAX_FILES, MAX_TOTAL_BYTES, MEBIBYTE
from knowledge_base.sources.paths import is_excluded, normalise_path

MAX_FILE_BYTES = 10 * MEBIBYTE
_ZIP = b"PK\x03\x04"


@dataclass(slots=True)
class Files:
    """(path, bytes) of each file that may be a model; `ignored` others were passed over."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    ignored: int = 0
    size: int = 0

    def take(self, path: str, data: bytes) -> None:
        """Take one more file. Raises `ExchangeError` beyond the bounds."""
        self.size += len(data)
        if len(data) > MAX_FILE_BYTES:
            raise _too_large(path, f"The file exceeds {MAX_FILE_BYTES // MEBIBYTE} MB.")
        if self.size > MAX_TOTAL_BYTES or len(self.files) >= MAX_FILES:
            raise _too_large(
                "", f"More than {MAX_FILES} files, or {MAX_TOTAL_BYTES // MEBIBYTE} MB."
            )
        self.files.append((path, data))


def read_folder(folder: Path) -> Files:
    """Return the files below a folder; hidden ones and links are not followed.

    Raises `ExchangeError`.
    """
    if not folder.is_dir():
        raise ExchangeError.of(str(folder), "not_a_folder", "There is no such folder.")
    found = Files()
    for path in sorted(_walk(folder)):
        name = path.relative_to(folder).as_posix()
        if not _is_wanted(name):
            found.ignored += 1
            continue
        try:
            with path.open("rb") as file:
                found.take(name, file.read(MAX_FILE_BYTES + 1))
        except OSError as error:
            raise ExchangeError.of(name, "unreadable", f"{error.strerror}.") from error
    return found


def read_upload(name: str, file: IO[bytes]) -> Files:
    """Return the files of an upload: the members of a zip archive, or the file itself.

    Raises `ExchangeError`.
    """
    head = file.read(len(_ZIP))
    file.seek(0)
    if head == _ZIP:
        return _read_zip(file)
    found = Files()
    found.take(_path(name.rpartition("/")[2]), file.read(MAX_FILE_BYTES + 1))
    return found


def _read_zip(file: IO[bytes]) -> Files:
    found, faults = Files(), list[FieldError]()
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGE as error:
        raise ExchangeError.of("", "corrupt_archive", "This is no readable zip archive.") from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MAX_FILES or sum(m.file_size for m in members) > MAX_TOTAL_BYTES:
            raise _too_large("", "The archive holds too much.")
        for member in sorted(members, key=lambda member: member.filename):
            try:
                check_member(member)
                path = normalise_path(member.filename)
                if not _is_wanted(path):
                    found.ignored += 1
                    continue
                with archive.open(member) as content:
                    found.take(path, content.read(MAX_FILE_BYTES + 1))
            except SourceError as error:
                faults.append(FieldError(f"/{_token(error.path)}", error.code, error.message))
            except DAMAGE as error:
                if isinstance(error, ExchangeError):
                    raise
                pointer = f"/{_token(member.filename)}"
                faults.append(FieldError(pointer, "corrupt_archive", "The file is damaged."))
    if faults:
        raise ExchangeError("", faults)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not is_excluded(name)]
        for name in names:
            path = Path(place) / name
            if not path.is_symlink():
                yield path


def _is_wanted(path: str) -> bool:
    return not is_excluded(path) and path.lower().endswith(tuple(SUFFIXES))


def _path(name: str) -> str:
    try:
        return normalise_path(name)
    except SourceError as error:
        raise ExchangeError.of(error.path, error.code, error.message) from error


def _too_large(path: str, message: str) -> ExchangeError:
    return ExchangeError.of(path, "too_large", message)


def _token(path: str) -> str:
    """Return a path as one token of a JSON pointer (RFC 6901, section 3)."""
    return path.replace("~", "~0").replace("/", "~1")
