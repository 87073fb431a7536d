"""Violations found by pydantic, told as the API tells all of them."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from config.exceptions import FieldError

_CODES = {
    "missing": "required",
    "string_too_short": "min_length",
    "too_short": "min_length",
    "string_too_long": "max_length",
    "too_long": "max_length",
    "greater_than": "min_value",
    "greater_than_equal": "min_value",
    "less_than": "max_value",
    "less_than_equal": "max_value",
    "literal_error": "invalid_choice",
    "extra_forbidden": "unknown_field",
    "enum": "invalid_choice",
}
# Types that pydantic itself gives to what has the wrong type or form.
_INVALID = ("_type", "_parsing", "_mismatch", "finite_number", "value_error", "assertion_error")


def faults_of(error: ValidationError, *, pointer: str = "") -> Iterator[FieldError]:
    """Yield each violation below `pointer`, a JSON pointer (RFC 6901)."""
    for fault in error.errors(include_url=False, include_context=False):
        yield FieldError(pointer + _pointer(fault["loc"]), _code(fault), _message(fault))


def child(pointer: str, *parts: str | int) -> str:
    """Return the pointer to something inside of what `pointer` names."""
    return pointer + _pointer(parts)


def _pointer(parts: Iterable[str | int]) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part}" for part in escaped)


def _code(fault: Any) -> str:
    kind = fault["type"]
    if kind in _CODES:
        short = _CODES[kind]
        return "blank" if short == "min_length" and _is_blank(fault["input"]) else short
    if any(mark in kind for mark in _INVALID):
        return "null" if fault["input"] is None else "invalid"
    return str(kind)


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _message(fault: Any) -> str:
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
