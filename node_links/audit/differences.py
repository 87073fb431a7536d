"""What a row of the trail changed, field by field, as people read it."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from node_links.models import AuditLog

NOTHING = "–"
CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text's diff: `kind` is `same`, `added`, `removed` or `skip`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field with what it was and what it is; a text of several lines has `lines` instead."""

    field: str
    old: str
    new: str
    lines: tuple[TextLine, ...] = ()


def differences(row: AuditLog) -> list[Difference]:
    """Return the changed fields of an UPDATE, and all that were set of an INSERT or DELETE."""
    old, new = row.old_data or {}, row.new_data or {}
    names = row.changed_fields or sorted({**old, **new})
    return [
        _difference(name, old.get(name), new.get(name))
        for name in names
        if row.changed_fields or not (_is_empty(old.get(name)) and _is_empty(new.get(name)))
    ]


def _difference(name: str, old: Any, new: Any) -> Difference:
    before, after = shown(old), shown(new)
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        return Difference(name, "", "", tuple(_lines(old, new)))
    return Difference(name, before, after)


def shown(value: Any) -> str:
    """Return a value of a row as text."""
    if _is_empty(value):
        return NOTHING
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _lines(old: str, new: str) -> Iterator[TextLine]:
    kinds = {"+": "added", "-": "removed", " ": "same", "@": "skip"}
    diff = difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=CONTEXT_LINES)
    for number, line in enumerate(diff):
        if number >= 2:  # the two names above a unified diff say nothing here
            kind = kinds[line[0]]
            yield TextLine(kind, line if kind == "skip" else line[1:])
