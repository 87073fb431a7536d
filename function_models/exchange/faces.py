"""The two faces of a format."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

import orjson

from config.exceptions import FieldError
from function_models.exchange.record import ModelRecord

# Written as an escape; PostgreSQL keeps no such character.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class ExchangeError(ValueError):
    """A file is refused; `errors` name the places in it, as JSON pointers (RFC 6901)."""

    def __init__(self, path: str, errors: list[FieldError]) -> None:
        super().__init__(f"{path}: {errors[0].message}" if errors else path)
        self.path = path
        self.errors = errors

    @classmethod
    def of(cls, path: str, code: str, message: str) -> "ExchangeError":
        """Return the refusal of a whole file."""
        return cls(path, [FieldError("", code, message)])


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its path in the collection, its bytes, and what it says where it is JSON."""

    path: str
    data: bytes
    document: Any = None

    @classmethod
    def of(cls, path: str, data: bytes) -> "Source":
        """Return the source of a file, parsed where it is JSON. Raises `ExchangeError`."""
        if not path.lower().endswith(".json"):
            return cls(path, data)
        if _NUL.search(data):
            raise ExchangeError.of(path, "nul_characters", "The file holds NUL characters.")
        try:
            return cls(path, data, orjson.loads(data.removeprefix(b"\xef\xbb\xbf")))
        except orjson.JSONDecodeError as error:
            raise ExchangeError.of(path, "malformed", f"This is no JSON: {error}.") from error

    @property
    def stem(self) -> str:
        """The file's name without folders and suffix."""
        return PurePosixPath(self.path).stem


class Importer(Protocol):
    """Reads one format."""

    name: str
    suffixes: tuple[str, ...]

    def recognises(self, source: Source) -> bool:
        """Say whether a file with one of the suffixes is of this format."""

    def read(self, source: Source) -> ModelRecord:
        """Return the model in a file. Raises `ExchangeError`."""


class Exporter(Protocol):
    """Writes one format."""

    name: str
    suffix: str
    media_type: str

    def write(self, record: ModelRecord) -> bytes:
        """Return the file of a model."""
