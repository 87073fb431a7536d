"""The part of the variables that a condition reads, bounded in size and depth, as plain JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

MAX_SIZE = 1_000_000
VALUE_SIZE = 8
MAX_DEPTH = 100
_INTEGERS = range(-(2**63), 2**63)


class TooLarge(ValueError):
    """More than a condition may read."""


class Reader:
    """Copies values and counts their size: so much for each value, and the characters of texts."""

    def __init__(self) -> None:
        """Nothing is copied yet."""
        self.size = 0

    def select(self, variables: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> Any:
        """Return those parts of `variables` that lie on or below `paths`.

        What is missing there is missing in the answer too. Raises `TooLarge`.
        """
        return self._select(variables, list(paths), 0)

    def _select(self, value: Any, paths: list[tuple[str, ...]], depth: int) -> Any:
        if not isinstance(value, Mapping) or any(not path for path in paths):
            return self._copy(value, depth)
        below: dict[str, list[tuple[str, ...]]] = {}
        for path in paths:
            below.setdefault(path[0], []).append(path[1:])
        found: dict[str, Any] = {}
        for key, rest in below.items():
            try:
                member = value[key]
            except KeyError:
                continue
            found[key] = self._select(member, rest, depth + 1)
        return found

    def _copy(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise TooLarge(f"It reads values nested deeper than {MAX_DEPTH} levels.")
        self._count(VALUE_SIZE)
        if isinstance(value, str):
            self._count(len(value))
            return value
        if isinstance(value, Mapping):
            self._count(sum(len(str(key)) for key in value))
            return {str(key): self._copy(member, depth + 1) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [self._copy(member, depth + 1) for member in value]
        return _scalar(value)

    def _count(self, size: int) -> None:
        self.size += size
        if self.size > MAX_SIZE:
            raise TooLarge("It reads more than 1 MB.")


def _scalar(value: Any) -> Any:
    """Return a number as CEL knows it: 64 bits. What JSON has no type for is a text."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if value in _INTEGERS else float(value)
    return str(value)
