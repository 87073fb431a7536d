"""Strict JSON: what PostgreSQL cannot hold, or two readers could read differently, is refused.

RFC 8259 leaves duplicate names, NaN and nesting to the reader; I-JSON (RFC 7493) forbids the
first two. orjson refuses NaN, infinities, invalid UTF-8 and lone surrogates by itself.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from config.api.pointers import child_pointer
from config.exceptions import FieldError, TooLarge, ValidationFailed

MAX_DEPTH = 64
CONTAINERS = (dict, list)
INVALID = "The body has invalid values."
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_ESCAPED_NULL = b"\\u0000"
# How a number must be written to be as large as LIMIT; outside of strings only.
_LARGE = re.compile(rb"\d[eE]\+?\d|\d{19}")
# The same seen from afar, which takes a fraction of the time: each digit is 0, each E is e.
_OUTLINE = bytes(
    {**dict.fromkeys(b"0123456789", ord("0")), **dict.fromkeys(b"eE", ord("e"))}.get(n, ord(" "))
    for n in range(256)
)
_OUTLINES_OF_LARGE = (b"0e", b"0" * 19)
MOST_TOLD = 20
LIMIT = 2.0**63
"""No number is as large: PostgreSQL gives a float back as an integer with all of its digits, and
JSON writers (RFC 7493, section 2.2) stop at 64 bits."""


class JSONParser(BaseParser):
    """Parses `application/json`; a view takes objects only unless it sets `accepts_lists`."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body.

        Raises `TooLarge` above MAX_BODY_BYTES, before the body is read where its length is
        announced, and `ValidationFailed` for anything that is not the JSON wanted.
        """
        context = parser_context or {}
        limit = settings.MAX_BODY_BYTES
        request = context.get("request")
        if request is not None:
            refuse_announced_length(request.META, limit)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"A body may have {limit} bytes.")
        data = parse_json(body)
        accepted = (dict, list) if getattr(context.get("view"), "accepts_lists", False) else dict
        if not isinstance(data, accepted):
            raise ValidationFailed.of("", "invalid", "The body must be a JSON object.")
        return data


def refuse_announced_length(meta: Mapping[str, Any], limit: int) -> None:
    """Raise `TooLarge` where the Content-Length in `meta` is above `limit` bytes."""
    announced = str(meta.get("CONTENT_LENGTH") or "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise TooLarge(f"A body may have {limit} bytes.")


def parse_json(body: bytes) -> Any:
    """Return the value that `body` holds.

    Raises `ValidationFailed` with the item codes `malformed` (not JSON, NaN, not UTF-8, lone
    surrogate), `too_deep`, `duplicate_key`, `null_character` and `max_value`.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValidationFailed.of("", "malformed", f"Not valid JSON: {error}.") from error
    members = _count_members(data)
    # Outside of strings each member has one colon. As many in all: no string holds any either.
    if body.count(b":") != members and _STRING.sub(b"", body).count(b":") != members:
        raise ValidationFailed(INVALID, errors=list(_duplicates(body)))
    if _ESCAPED_NULL in body:
        nulls = list(_null_characters(data, ""))
        if nulls:
            raise ValidationFailed(INVALID, errors=nulls)
    outline = body.translate(_OUTLINE)
    maybe_large = any(large in outline for large in _OUTLINES_OF_LARGE)
    if maybe_large and _LARGE.search(_STRING.sub(b"", body)):
        large = list(islice(_large_numbers(data), MOST_TOLD))
        if large:
            raise ValidationFailed(INVALID, errors=large)
    return data


def _count_members(data: Any) -> int:
    """Return how many object members `data` has in all, level by level so that depth is known."""
    members = 0
    level = [data] if type(data) in CONTAINERS else []
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for container in level:
            values = container
            if type(container) is dict:
                members += len(container)
                values = container.values()
            below.extend([value for value in values if type(value) in CONTAINERS])
        level = below
        if not level:
            return members
    raise ValidationFailed.of("", "too_deep", f"Nested deeper than {MAX_DEPTH} levels.")


class _Object(dict[str, Any]):
    """An object that remembers which of its names came more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = (
            sorted({name for name in names if names.count(name) > 1})
            if (len(self) < len(pairs))
            else []
        )


def _duplicates(body: bytes) -> Iterator[FieldError]:
    """Yield every name that an object holds twice. The depth has been checked before."""
    for pointer, value in _walk(json.loads(body, object_pairs_hook=_Object), ""):
        if isinstance(value, _Object):
            for name in value.repeated:
                at = child_pointer(pointer, name)
                yield FieldError(at, "duplicate_key", "This name stands here more than once.")


def _null_characters(data: Any, pointer: str) -> Iterator[FieldError]:
    message = "Text must not hold the null character."
    for at, value in _walk(data, pointer):
        texts = value if isinstance(value, dict) else [value] if isinstance(value, str) else ()
        if any("\x00" in text for text in texts):
            yield FieldError(at, "null_character", message)


def _large_numbers(data: Any) -> Iterator[FieldError]:
    for at, value in _walk(data, ""):
        if type(value) in (int, float) and not -LIMIT < value < LIMIT:
            yield FieldError(at, "max_value", "A number this large cannot be kept exactly.")


def _walk(data: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    yield pointer, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _walk(value, child_pointer(pointer, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _walk(value, child_pointer(pointer, index))
