"""Types of the values that drawings are made of. Strict: nothing is turned into something else."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

MAX_COORDINATE = 10_000
READ_ONLY: JsonDict = {"readOnly": True}
"""Says of a member that the server fills it in; what a client sends for it is put aside."""


class Drawn(BaseModel):
    """Base of everything in a drawing: keys that we do not know are kept exactly."""

    model_config = ConfigDict(
        strict=True,
        extra="allow",
        str_strip_whitespace=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,
    )


class Known(Drawn):
    """Base of objects of ours inside a drawing whose members are all known."""

    model_config = ConfigDict(extra="forbid")


class Checked(ABC):
    """An annotation of a value that `check` reads and leaves as it is, and `described` tells of."""

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return the value. Raises `PydanticCustomError` where it does not fit."""

    @abstractmethod
    def described(self) -> JsonSchemaValue:
        """Return the value's JSON Schema, for the description of the API."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return how pydantic reads it."""
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return how the description of the API tells it."""
        return self.described()


@dataclass(frozen=True, kw_only=True)
class Number(Checked):
    """Takes a finite number inside the bounds and leaves it as it is.

    An integer stays one: a drawing that says 10 says 10 again, and not 10.0.
    """

    at_least: float = -math.inf
    at_most: float = math.inf
    above: float = -math.inf

    def described(self) -> JsonSchemaValue:
        """Return the bounds that there are."""
        bounds = {
            "minimum": self.at_least,
            "maximum": self.at_most,
            "exclusiveMinimum": self.above,
        }
        return {"type": "number", **{k: v for k, v in bounds.items() if math.isfinite(v)}}

    def check(self, value: Any) -> float:
        """Return the number. Raises `PydanticCustomError` where it is none or out of bounds."""
        if value is None:
            raise PydanticCustomError("null", "A number is needed.")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PydanticCustomError("invalid", "A number is needed.")
        if not math.isfinite(value):
            raise PydanticCustomError("invalid", "A finite number is needed.")
        if value < self.at_least:
            raise PydanticCustomError("min_value", f"At least {self.at_least:g} is needed.")
        if value <= self.above:
            raise PydanticCustomError("min_value", f"More than {self.above:g} is needed.")
        if value > self.at_most:
            raise PydanticCustomError("max_value", f"At most {self.at_most:g} is allowed.")
        return value


def may_be_left_out(
    described: JsonSchemaValue, handler: GetJsonSchemaHandler, name: str
) -> JsonSchemaValue:
    """Return the description of a model that has `name` always, but may be sent without it."""
    if handler.mode == "validation":
        handler.resolve_ref_schema(described)["required"].remove(name)
    return described


def unique(values: list[str]) -> list[str]:
    """Raise where a value stands twice."""
    if len(set(values)) < len(values):
        raise PydanticCustomError("duplicate", "Each may stand here once.")
    return values


def without_repetition(values: list[str]) -> list[str]:
    """Return the values without blanks and repetitions, in their order."""
    return list(dict.fromkeys(value for value in values if value))


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Coordinate = Annotated[float, Number(at_least=-MAX_COORDINATE, at_most=MAX_COORDINATE)]
NonBlank = Annotated[str, StringConstraints(min_length=1)]
UniqueTexts = Annotated[list[NonBlank], AfterValidator(unique)]
Names = Annotated[list[str], AfterValidator(without_repetition)]
JsonObject = dict[str, Any]
