"""One Markdown file of a collection, checked and decoded."""

import hashlib
from dataclasses import dataclass

from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.limits import MAX_CONTENT_BYTES, MAX_FILE_BYTES

_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x1b")
_MAX_CONTROL_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`path` is posix, relative and NFC; `digest` the SHA-256 of the bytes in hexadecimal."""

    path: str
    text: str
    digest: str


def read_source(path: str, data: bytes) -> SourceFile:
    """The file of `data` under an already normalised `path`.

    Raises:
        SourceError: `too_large`, `not_utf8`, `binary` or `nul_bytes`.
    """
    return SourceFile(path=path, text=decode(path, data), digest=hashlib.sha256(data).hexdigest())


def decode(path: str, data: bytes) -> str:
    """`data` as text; a byte order mark at the front is dropped. Raises as `read_source`."""
    if len(data) > MAX_FILE_BYTES:
        raise too_large(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise SourceError(path, "binary", "The file is binary, not Markdown.") from error
        raise SourceError(
            path, "not_utf8", f"The file is not UTF-8 text (byte {error.start})."
        ) from error
    if "\0" in text:
        raise SourceError(path, "nul_bytes", "The file holds NUL characters.")
    controls = sum(1 for char in text if char < " " and char not in _TEXT_CONTROLS)
    if controls > len(text) * _MAX_CONTROL_SHARE:
        raise SourceError(path, "binary", "The file is binary, not Markdown.")
    return text


def too_large(path: str) -> SourceError:
    """The refusal of a file beyond the limit of one document's content."""
    return SourceError(path, "too_large", f"The text exceeds {MAX_CONTENT_BYTES} bytes.")
