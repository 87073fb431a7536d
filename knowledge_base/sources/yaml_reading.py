"""YAML from strangers: plain data only, bounded, without the surprises of YAML 1.1.

Scalars are read as in the YAML 1.2 core schema, as far as that differs: `yes`, `on` and `12:30` are
text. Dates become ISO 8601 text. Aliases are refused where the caller says so, since a few lines of
them can stand for gigabytes ("billion laughs").
"""

import math
import re
from typing import Any

import yaml

from knowledge_base.sources.limits import MAX_FRONT_MATTER_DEPTH


class PlainLoader(yaml.SafeLoader):
    """SafeLoader with bounded depth, without aliases, and with few implicit types."""

    depth = 0
    aliases_allowed = False
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if not self.aliases_allowed and self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        if self.depth >= MAX_FRONT_MATTER_DEPTH:
            raise yaml.YAMLError(f"nested deeper than {MAX_FRONT_MATTER_DEPTH} levels")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _date_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    try:
        return str(loader.construct_yaml_timestamp(node).isoformat())
    except (ValueError, AttributeError, OverflowError):  # 2024-13-45 looks like a date, and is none
        return str(loader.construct_scalar(node))


_NUMBER = list("-+.0123456789")
_IMPLICIT = (
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", _NUMBER),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        _NUMBER,
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", ["<"]),
)
for _name, _pattern, _first in _IMPLICIT:
    PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"), _first
    )
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
for _first_char, _resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items():
    for _tag, _expression in _resolvers:
        if _tag == _TIMESTAMP:
            PlainLoader.add_implicit_resolver(_TIMESTAMP, _expression, [_first_char])
PlainLoader.add_constructor(_TIMESTAMP, _date_text)


def plain_data(value: object) -> Any:
    """`value` as JSON-like data: text keys, finite numbers, text that UTF-8 and PostgreSQL can
    hold.

    Raises:
        ValueError: for anything else (binary, sets, NaN, infinity, NUL, lone surrogates).
    """
    match value:
        case None | bool():
            return value
        case int():
            if abs(value) >= 2**63:
                raise ValueError("numbers beyond 64 bits are not allowed")
            return value
        case str():
            if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
                raise ValueError("text holds a character that cannot be stored")
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError("NaN and infinity are not allowed")
            return value
        case list():
            return [plain_data(item) for item in value]
        case dict():
            return {_key(key): plain_data(item) for key, item in value.items()}
        case _:
            raise ValueError(f"values of type {type(value).__name__} are not allowed")


def _key(key: object) -> str:
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    if isinstance(key, str | int | float):
        return str(plain_data(str(key)))
    raise ValueError("keys must be text")
