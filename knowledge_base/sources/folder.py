"""A collection in a folder of this machine."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from knowledge_base.markdown.targets import is_markdown
from knowledge_base.sources.collection import Collection, Entry, collect
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.limits import MAX_FILE_BYTES
from knowledge_base.sources.paths import is_excluded


def read_folder(folder: Path) -> Collection:
    """Every Markdown file under `folder`; hidden folders and `node_modules` are not entered.

    A Markdown file or a folder that is a `symlink`, and what is `unreadable`, are faults of the
    collection.

    Raises:
        SourceError: `not_a_folder`, or what `collect` raises.
    """
    if not folder.is_dir():
        raise SourceError(str(folder), "not_a_folder", "There is no such folder.")
    return collect(_entries(folder, folder))


def _entries(folder: Path, root: Path) -> Iterator[Entry | SourceError]:
    try:
        items = _listing(folder, root)
    except SourceError as error:
        yield error
        return
    for item in items:
        path = Path(item.path)
        name = path.relative_to(root).as_posix()
        if item.is_symlink():
            # A link may lead out of the folder; one that we would not read anyway does no harm.
            if not is_excluded(name) and (item.is_dir() or is_markdown(name)):
                yield SourceError(name, "symlink", "Symbolic links are not followed.")
        elif item.is_dir():
            if not is_excluded(item.name):
                yield from _entries(path, root)
        elif item.is_file() and not is_excluded(item.name):
            yield Entry(name=name, read=partial(_read, path, name))


def _listing(folder: Path, root: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as items:
            return sorted(items, key=lambda item: item.name)
    except OSError as error:
        raise _unreadable(folder.relative_to(root).as_posix(), error) from error


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError) -> SourceError:
    return SourceError(name, "unreadable", f"The file cannot be read: {error.strerror}.")
