"""Checking events of an organisation's own types against their JSON Schema (2020-12).

Schemas come from outside, so nothing is fetched for them, and their patterns run on an engine
whose time is linear in the text.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from config.exceptions import FieldError, ValidationFailed

Kind = jsonschema_rs.ValidationErrorKind
CODES = {
    "type": "invalid",
    "enum": "invalid_choice",
    "const": "invalid_choice",
    "minimum": "min_value",
    "maximum": "max_value",
    "minLength": "min_length",
    "maxLength": "max_length",
    "additionalProperties": "unknown_field",
    "unevaluatedProperties": "unknown_field",
}
MAX_SCHEMA_BYTES = 64 * 1024
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def require_schema(schema: dict[str, Any]) -> None:
    """Raise `ValidationFailed` at `/schema` unless it is one that data can be checked against."""
    if schema.get("$schema", DRAFT) not in (DRAFT, f"{DRAFT}#"):
        raise ValidationFailed.of("/schema/$schema", "invalid_schema", f"Only {DRAFT} is read.")
    text = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    if len(text) > MAX_SCHEMA_BYTES:
        message = f"A schema has at most {MAX_SCHEMA_BYTES} bytes."
        raise ValidationFailed.of("/schema", "max_length", message)
    try:
        _compiled(text)
    except jsonschema_rs.ValidationError as error:
        at = pointer_to("/schema", error.instance_path)
        raise ValidationFailed.of(at, "invalid_schema", error.message) from error


def faults_of(schema: dict[str, Any], data: dict[str, Any], pointer: str) -> list[FieldError]:
    """Return every violation of `schema` by `data`, which stands at `pointer` of the body.

    Codes are those of the API where it has one, else the keyword of the schema.
    """
    compiled = _compiled(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    return [
        FieldError(place, CODES.get(error.kind.name, error.kind.name), error.message)
        for error in compiled.iter_errors(data)
        for place in _places(error, pointer)
    ]


def pointer_to(pointer: str, path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) to what lies at `path` below `pointer`."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "/".join((pointer, *steps))


def _places(error: jsonschema_rs.ValidationError, pointer: str) -> list[str]:
    """Return the members meant: those that are missing or unknown, not the one they belong to."""
    match error.kind:
        case Kind.Required(property=name):
            names = [name]
        case (
            Kind.AdditionalProperties(unexpected=names)
            | Kind.UnevaluatedProperties(unexpected=names)
        ):
            pass
        case _:
            return [pointer_to(pointer, error.instance_path)]
    return [pointer_to(pointer, [*error.instance_path, name]) for name in names]


@lru_cache(maxsize=512)
def _compiled(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        orjson.loads(schema),
        pattern_options=jsonschema_rs.RegexOptions(size_limit=1_000_000),
        validate_formats=True,
        offline=True,
    )
