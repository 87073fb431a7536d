"""What can be exported, and who writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Protocol
from uuid import UUID

from accounts.actors import Actor

Ids = Sequence[UUID] | None


class Write(Protocol):
    """Writes an export for its actor into a file and returns how many entities it holds."""

    def __call__(self, *, actor: Actor, ids: Ids, format_name: str, file: IO[bytes]) -> int:
        """Write those with `ids`, or all. Raises `NotFound`, `OSError`."""


@dataclass(frozen=True, slots=True)
class ExportKind:
    """Something that can be exported as a zip, under the name of its list in the API.

    `formats` begins with the one taken by default; `require` raises `NotFound` unless the actor may
    see every entity of the ids.
    """

    name: str
    formats: tuple[str, ...]
    write: Write
    require: Callable[[Actor, Sequence[UUID]], None]


class ExportKinds:
    """All kinds by name."""

    def __init__(self) -> None:
        self._kinds: dict[str, ExportKind] = {}

    def add(self, kind: ExportKind) -> None:
        """Take a kind in; one of the same name is replaced."""
        self._kinds[kind.name] = kind

    def get(self, name: str) -> ExportKind | None:
        """Return a kind, or None."""
        return self._kinds.get(name)

    @property
    def names(self) -> list[str]:
        """The names of all kinds, sorted."""
        return sorted(self._kinds)


export_kinds = ExportKinds()
