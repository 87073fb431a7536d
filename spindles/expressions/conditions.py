"""Conditions in the Common Expression Language (CEL): no host language, no clock, no I/O.

Most are evaluated on the spot: without macros their time is bounded by their length times the size
of what they read, and both are limited. The others (`map`, `filter`, `all`, `exists`, `matches` …)
go to the sandbox, where they are ended after 100 ms of processor time.
"""

from collections.abc import Mapping
from typing import Any

import cel

from spindles.expressions.confinement import Exceeded, sandbox
from spindles.expressions.paths import unwrap
from spindles.expressions.programs import EvaluationFailed, analysis_of, program_of, run
from spindles.expressions.reading import Reader, TooLarge

MAX_CHARACTERS = 1000
# What may be read by an expression that is evaluated on the spot.
SIZE_ON_THE_SPOT = 16_384


class ConditionError(ValueError):
    """A condition that cannot be read, or has no answer for these variables."""


def compile_condition(condition: str) -> "cel.Program":
    """Return the program of a condition. Raises `ConditionError` with the place of the fault."""
    if len(condition) > MAX_CHARACTERS:
        raise ConditionError(f"At most {MAX_CHARACTERS} characters are allowed.")
    try:
        return program_of(unwrap(condition))
    except ValueError as error:
        raise ConditionError(_first_line(str(error))) from None


def holds(condition: str, variables: Mapping[str, Any]) -> bool:
    """Return whether `condition` is true.

    Raises `ConditionError`: it names what is missing, mixes types, is neither true nor false, or
    exceeds its time or size.
    """
    value = evaluate(condition, variables)
    if not isinstance(value, bool):
        raise ConditionError(f"It is neither true nor false, but {_described(value)}.")
    return value


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of an expression as JSON. Raises `ConditionError` as `holds` does."""
    compile_condition(expression)
    text = unwrap(expression)
    analysis, reader = analysis_of(text), Reader()
    try:
        read = reader.select(variables, analysis.paths)
    except TooLarge as error:
        raise ConditionError(str(error)) from None
    try:
        if reader.size <= SIZE_ON_THE_SPOT and analysis.plain:
            return run(text, read)
        return _evaluate_confined(text, read)
    except EvaluationFailed as error:
        raise ConditionError(str(error)) from None


def _evaluate_confined(text: str, variables: Mapping[str, Any]) -> Any:
    try:
        answer = sandbox.evaluate(text, variables)
    except Exceeded:
        raise ConditionError("It takes more than 100 ms, or too much memory.") from None
    except TypeError:
        raise ConditionError("It reads a text that is no Unicode.") from None
    if "error" in answer:
        raise ConditionError(answer["error"])
    return answer["value"]


def _described(value: Any) -> str:
    names = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names[type(value)]


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rpartition("ERROR: ")[2]
