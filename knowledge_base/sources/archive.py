"""A collection in a zip archive from a stranger.

Nothing is ever unpacked to disk. Names, kinds and declared sizes are checked for every member
before the first byte is read; the real sizes while reading, because a header may lie.
"""

import stat
import struct
import zipfile
import zlib
from functools import partial
from typing import IO

from knowledge_base.sources.collection import (
    Collection,
    Entry,
    collect,
    too_many_files,
    total_too_large,
)
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.limits import (
    MAX_COMPRESSION_RATIO,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_TOTAL_BYTES,
    RATIO_CHECKED_FROM_BYTES,
)
from knowledge_base.sources.paths import normalise_path

_ENCRYPTED = 0x1
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,  # a compression method that this Python does not know
    RuntimeError,
    struct.error,
)


def read_zip(file: IO[bytes]) -> Collection:
    """Every Markdown file of the archive in `file` (binary, seekable).

    Members that are `encrypted`, a `symlink`, damaged, or have an `unsafe_path` or a
    `compression_ratio` beyond reason are faults of the collection, whatever they hold.

    Raises:
        SourceError: `corrupt_archive`, or what `collect` raises.
    """
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGE as error:
        raise SourceError("", "corrupt_archive", "The file is no readable zip archive.") from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MAX_FILES:
            raise too_many_files()
        entries = [_entry(archive, member) for member in members]
        sound = [
            member
            for member, entry in zip(members, entries, strict=True)
            if isinstance(entry, Entry)
        ]
        if sum(member.file_size for member in sound) > MAX_TOTAL_BYTES:
            raise total_too_large()
        return collect(entries)


def _entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry | SourceError:
    try:
        check_member(member)
    except SourceError as error:
        return error
    return Entry(name=member.filename, read=partial(_read, archive, member))


def check_member(member: zipfile.ZipInfo) -> None:
    """Raise `SourceError` for a member that is not to be read, before a byte of it is."""
    path = normalise_path(member.orig_filename)  # zipfile cuts `filename` at a NUL
    if stat.S_ISLNK(member.external_attr >> 16):
        raise SourceError(path, "symlink", "Symbolic links are not followed.")
    if member.flag_bits & _ENCRYPTED:
        raise SourceError(path, "encrypted", "The archive is encrypted.")
    if (
        member.file_size > RATIO_CHECKED_FROM_BYTES
        and member.file_size > MAX_COMPRESSION_RATIO * member.compress_size
    ):
        raise SourceError(path, "compression_ratio", "The file is compressed beyond reason.")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(member) as content:
            return content.read(MAX_FILE_BYTES + 1)
    except DAMAGE as error:
        raise SourceError(member.filename, "corrupt_archive", "The file is damaged.") from error
