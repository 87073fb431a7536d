"""From the framework's nested error details to a flat list with JSON pointers (RFC 6901)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from config.exceptions import FieldError

# The framework has several names for "not of this type"; the contract has one.
ITEM_CODES = {
    **dict.fromkeys(
        (
            "not_a_list",
            "not_a_dict",
            "not_a_str",
            "incorrect_type",
            "invalid_unicode",
            "max_string_length",
            "overflow",
            "date",
            "datetime",
            "make_aware",
            "surrogate_characters_not_allowed",
        ),
        "invalid",
    ),
    "null_characters_not_allowed": "null_character",
    "max_digits": "max_value",
    "max_whole_digits": "max_value",
}
CONTAINER_KEYS = (api_settings.NON_FIELD_ERRORS_KEY, "__all__")


def child_pointer(pointer: str, key: object) -> str:
    """Return the pointer to member or item `key` of what `pointer` points at."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def field_errors(detail: Any, pointer: str = "") -> list[FieldError]:
    """Return every violation in `detail`: an `ErrorDetail`, or lists and mappings of them."""
    return list(_walk(detail, pointer))


def parameter_errors(detail: Mapping[str, Any]) -> list[FieldError]:
    """Return the violations of query parameters, `{name: details}`, with pointers `?name`."""
    return [
        FieldError(f"?{name}", error.code, error.message)
        for name, details in detail.items()
        for error in _walk(details, "")
    ]


def _walk(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            at = pointer if key in CONTAINER_KEYS else child_pointer(pointer, key)
            yield from _walk(value, at)
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for index, item in enumerate(detail):
            # Leaves belong to the list itself; anything nested belongs to the item at its place.
            leaf = isinstance(item, str)
            yield from _walk(item, pointer if leaf else child_pointer(pointer, index))
    else:
        code = (detail.code if isinstance(detail, ErrorDetail) else None) or "invalid"
        yield FieldError(pointer, ITEM_CODES.get(code, code), str(detail))
