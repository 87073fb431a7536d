"""Templates at run time: `${{ path }}` in the strings of parameters and outputs.

A string that is one template alone becomes the value itself; inside longer text the value is
written as text. Values are data: a template inside a value is never expanded.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from spindles.expressions.paths import ROOTS, TEMPLATE, Path, split_path

ESCAPE = "$${{"
_MARK = re.compile(rf"\$\$\{{\{{|{TEMPLATE.pattern}|\$\{{\{{", re.S)
_SHORTEST_STEPS_PATH = 3


class TemplateError(ValueError):
    """A template that cannot be read, or names what is not there. The message names the path."""


def render(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return `value` with the templates in all its strings replaced; keys stay as they are.

    `variables` holds the roots (`inputs`, `steps`, `execution`, `trigger`, `context`, and `item`
    and `index` inside a map). Raises `TemplateError`; a null that is there is a value.
    """
    if isinstance(value, str):
        return _render_text(value, variables)
    if isinstance(value, Mapping):
        return {key: render(member, variables) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [render(member, variables) for member in value]
    return value


def resolve(path: Path, variables: Mapping[str, Any]) -> Any:
    """Return the value at `path`. Raises `TemplateError` naming the part that is missing."""
    if path[0] not in ROOTS:
        raise TemplateError(f"{_written(path)}: there is no {path[0]!r}; {_known(variables)}.")
    if path[0] == "steps" and len(path) < _SHORTEST_STEPS_PATH:
        raise TemplateError(f"{_written(path)}: say what of the step is meant, such as `output`.")
    value: Any = variables
    for place, part in enumerate(path):
        try:
            value = _member(value, part)
        except LookupError:
            missing = _written(path[: place + 1])
            raise TemplateError(f"{_written(path)}: {missing} is not there.") from None
    return value


def _render_text(text: str, variables: Mapping[str, Any]) -> Any:
    if "${{" not in text:
        return text
    alone = _MARK.fullmatch(text)
    if alone and alone.group("path") is not None and "}}" not in alone.group("path"):
        return _value_of(alone, variables)
    return _MARK.sub(lambda mark: _replacement(mark, variables), text)


def _replacement(mark: re.Match[str], variables: Mapping[str, Any]) -> str:
    if mark.group() == ESCAPE:
        return "${{"
    return as_text(_value_of(mark, variables))


def _value_of(mark: re.Match[str], variables: Mapping[str, Any]) -> Any:
    text = mark.group("path")
    if text is None:
        raise TemplateError("A template is not closed: `${{` without its `}}`.")
    try:
        path = split_path(text)
    except ValueError as error:
        raise TemplateError(str(error)) from None
    return resolve(path, variables)


def as_text(value: Any) -> str:
    """Return how a value stands inside longer text: JSON, strings bare, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        value = dict(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _member(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value[part]
    if isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
        return value[int(part)]
    raise LookupError(part)


def _known(variables: Mapping[str, Any]) -> str:
    return "known are " + ", ".join(root for root in ROOTS if root in variables)


def _written(path: Path) -> str:
    return ".".join(path)
