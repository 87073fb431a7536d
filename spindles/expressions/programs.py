"""Compiled conditions, and running them; nothing here limits the time."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cel

CACHED = 1024


class EvaluationFailed(ValueError):
    """The expression has no value for these variables; the message says why."""


@lru_cache(maxsize=CACHED)
def program_of(text: str) -> "cel.Program":
    """Return the program of `text`, from the cache where it is there. Raises `ValueError`."""
    return cel.compile(text)


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
