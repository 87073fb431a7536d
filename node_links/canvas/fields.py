"""Types of the values that drawings are made of. Strict: nothing is turned into something else."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError

MAX_COORDINATE = 10_000


class Drawn(BaseModel):
    """Base of everything in a drawing: keys that we do not know are kept exactly."""

    model_config = ConfigDict(
        strict=True,
        extra="allow",
        str_strip_whitespace=True,
        allow_inf_nan=False,
    )


class Known(Drawn):
    """Base of objects of ours inside a drawing whose members are all known."""

    model_config = ConfigDict(extra="forbid")


def number(
    *, at_least: float = -math.inf, at_most: float = math.inf, above: float = -math.inf
) -> PlainValidator:
    """Return a validator that takes a finite number inside the bounds and leaves it as it is.

    An integer stays one: a drawing that says 10 says 10 again, and not 10.0.
    """

    def check(value: Any) -> float:
        if value is None:
            raise PydanticCustomError("null", "A number is needed.")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PydanticCustomError("invalid", "A number is needed.")
        if not math.isfinite(value):
            raise PydanticCustomError("invalid", "A finite number is needed.")
        if value < at_least:
            raise PydanticCustomError("min_value", f"At least {at_least:g} is needed.")
        if value <= above:
            raise PydanticCustomError("min_value", f"More than {above:g} is needed.")
        if value > at_most:
            raise PydanticCustomError("max_value", f"At most {at_most:g} is allowed.")
        return value

    return PlainValidator(check, json_schema_input_type=float)


def unique(values: list[str]) -> list[str]:
    """Raise where a value stands twice."""
    if len(set(values)) < len(values):
        raise PydanticCustomError("duplicate", "Each may stand here once.")
    return values


def without_repetition(values: list[str]) -> list[str]:
    """Return the values without blanks and repetitions, in their order."""
    return list(dict.fromkeys(value for value in values if value))


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Coordinate = Annotated[float, number(at_least=-MAX_COORDINATE, at_most=MAX_COORDINATE)]
NonBlank = Annotated[str, StringConstraints(min_length=1)]
UniqueTexts = Annotated[list[NonBlank], AfterValidator(unique)]
Names = Annotated[list[str], AfterValidator(without_repetition)]
JsonObject = dict[str, Any]
