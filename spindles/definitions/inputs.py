"""What goes into a run and what comes out of it, as a definition declares it."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from config.exceptions import FieldError, ValidationFailed
from node_links.canvas.faults import child, faults_of
from node_links.canvas.fields import Known

InputType = Literal["string", "integer", "float", "boolean", "enum", "json"]
_NAME = re.compile(r"\A[A-Za-z_][A-Za-z0-9_-]{0,99}\Z", re.ASCII)


def _name(value: str) -> str:
    if not _NAME.match(value):
        raise PydanticCustomError(
            "invalid", "A letter or _ is needed, then up to 99 letters, digits, _ and -."
        )
    return value


Name = Annotated[str, AfterValidator(_name)]


class InputDefinition(Known):
    """One input. A `default` of null is none; `values` are those of an enum."""

    name: Name
    type: InputType
    required: bool = True
    default: Any = None
    values: list[Any] | None = None
    description: str | None = Field(default=None, max_length=1000)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.type == "enum" and not self.values:
            raise PydanticCustomError("required", "An enum needs `values`.")
        fault = None if self.default is None else fault_of(self, self.default)
        if fault:
            raise PydanticCustomError("invalid", "The default does not fit: {why}", {"why": fault})
        return self


class OutputDefinition(Known):
    """One output; its value may hold templates."""

    name: Name
    value: Any = None


_INPUTS = TypeAdapter(list[InputDefinition])
_OUTPUTS = TypeAdapter(list[OutputDefinition])


def parse_inputs(value: Any) -> list[InputDefinition]:
    """Read declared inputs. Raises `ValidationFailed` below `/inputs`."""
    inputs: list[InputDefinition] = _read(_INPUTS, value, "/inputs")
    return inputs


def parse_outputs(value: Any) -> list[OutputDefinition] | None:
    """Read declared outputs; null declares none. Raises `ValidationFailed` below `/outputs`."""
    return None if value is None else _read(_OUTPUTS, value, "/outputs")


def stored_inputs(value: Sequence[Any]) -> list[InputDefinition]:
    """Return inputs that were read before."""
    return [InputDefinition.model_construct(**one) for one in value]


def complete_inputs(
    declared: Sequence[InputDefinition], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a run is given, with defaults filled in.

    Where nothing is declared everything is taken. Raises `ValidationFailed` naming each violation
    below `/inputs`: `required`, `invalid`, `invalid_choice`, `unknown_input`.
    """
    if not declared:
        return dict(given)
    known = {one.name: one for one in declared}
    faults = [
        FieldError(child("/inputs", name), "unknown_input", "No such input is declared.")
        for name in given
        if name not in known
    ]
    values: dict[str, Any] = {}
    for name, one in known.items():
        if name in given:
            values[name] = given[name]
            why = fault_of(one, given[name])
            code = "invalid_choice" if one.type == "enum" else "invalid"
            faults += [FieldError(child("/inputs", name), code, why)] if why else []
        elif one.default is not None:
            values[name] = one.default
        elif one.required:
            message = "This input is required."
            faults.append(FieldError(child("/inputs", name), "required", message))
    if faults:
        raise ValidationFailed("The inputs do not fit.", errors=faults)
    return values


def fault_of(declared: InputDefinition, value: Any) -> str:
    """Return why a value does not fit, or an empty text."""
    match declared.type:
        case "enum":
            fits = value in (declared.values or ())
            known = ", ".join(str(one) for one in declared.values or ())
            return "" if fits else f"One of {known} is needed."
        case "string":
            return "" if isinstance(value, str) else "A text is needed."
        case "boolean":
            return "" if isinstance(value, bool) else "true or false is needed."
        case "integer":
            return "" if type(value) is int else "A whole number is needed."
        case "float":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return "" if number and math.isfinite(value) else "A number is needed."
        case _:
            return ""


def _read(adapter: TypeAdapter[Any], value: Any, at: str) -> Any:
    try:
        found = adapter.validate_python(value)
    except ValidationError as error:
        raise ValidationFailed(errors=list(faults_of(error, pointer=at))) from None
    names = [one.name for one in found]
    repeated = list(_repeated(names))
    if repeated:
        raise ValidationFailed(
            errors=[
                FieldError(f"{at}/{index}/name", "duplicate", f"{names[index]} stands twice.")
                for index in repeated
            ]
        )
    return found


def _repeated(names: Iterable[str]) -> Iterable[int]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index
        seen.add(name)
