"""Conditions in the Common Expression Language (CEL): no host language, no clock, no I/O."""

import cel

from spindles.expressions.paths import unwrap

MAX_CHARACTERS = 1000


class ConditionError(ValueError):
    """A condition that cannot be read."""


def compile_condition(condition: str) -> "cel.Program":
    """Return the program of a condition. Raises `ConditionError` with the place of the fault."""
    if len(condition) > MAX_CHARACTERS:
        raise ConditionError(f"At most {MAX_CHARACTERS} characters are allowed.")
    try:
        return cel.compile(unwrap(condition))
    except ValueError as error:
        raise ConditionError(_first_line(str(error))) from None


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rpartition("ERROR: ")[2]
