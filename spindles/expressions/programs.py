"""Compiled conditions, and running them; nothing here limits the time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cel

from spindles.expressions.paths import Path
from spindles.expressions.tokens import names_in, paths_read

CACHED = 1024

_MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
_PLAIN = frozenset(
    {"!_", "-_", "_&&_", "_||_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_[_]"}
    | {"_+_", "_-_", "_*_", "_/_", "_%_", "@in", "size", "int", "uint", "double", "string"}
    | {"startsWith", "endsWith", "contains", "type", "dyn", "timestamp", "duration"}
)


class EvaluationFailed(ValueError):
    """The expression has no value for these variables; the message says why."""


@lru_cache(maxsize=CACHED)
def program_of(text: str) -> "cel.Program":
    """Return the program of `text`, from the cache where it is there. Raises `ValueError`."""
    return cel.compile(text)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of an expression without its variables.

    `paths` are the places below which lies all that it can read of them. A `plain` one has no loop
    and no regular expression: its time is bounded by its length times the size of what it reads.
    """

    paths: tuple[Path, ...]
    plain: bool


@lru_cache(maxsize=CACHED)
def analysis_of(text: str) -> Analysis:
    """Return what is known of an expression that compiles.

    Macros are expanded into operators, so that both are asked for: the functions that remain, and
    whether the name of a macro stands in the text at all.
    """
    program = program_of(text)
    names = frozenset(program.variables())
    plain = _PLAIN.issuperset(program.functions()) and not names_in(text) & _MACROS
    return Analysis(tuple(paths_read(text, names)), plain)


def run(text: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of the expression as JSON. Raises `EvaluationFailed`."""
    try:
        value = program_of(text).execute(dict(variables))
    except KeyError as error:
        raise EvaluationFailed(f"There is no {error.args[0]!r}.") from None
    except (ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise EvaluationFailed(str(error).partition("\n")[0][:500]) from None
    return as_json(value)


def as_json(value: Any) -> Any:
    """Return `value` where it is JSON. Raises `EvaluationFailed` for a time, bytes or a type."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list):
        return [as_json(member) for member in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: as_json(member) for key, member in value.items()}
    raise EvaluationFailed(f"A value of type {type(value).__name__} is no JSON.")
