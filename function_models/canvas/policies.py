"""Objects inside a node: retries, responsibilities, resources, limits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from function_models.choices import LoadBalancing
from node_links.canvas.fields import Checked, Drawn, Known, NonBlank, Number, UniqueTexts

MAX_CPU = 16
MAX_MEMORY_MB = 32_768


class Raci(Known):
    """Who is responsible, accountable, consulted and informed: names of parties or ids of users."""

    responsible: list[NonBlank] = Field(default_factory=list)
    accountable: list[NonBlank] = Field(default_factory=list)
    consulted: list[NonBlank] = Field(default_factory=list)
    informed: list[NonBlank] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if not self.responsible:
            raise PydanticCustomError(
                "raci_no_responsible", "At least one party has to be responsible."
            )
        parties = [*self.responsible, *self.accountable, *self.consulted, *self.informed]
        twice = sorted({party for party in parties if parties.count(party) > 1})
        if twice:
            raise PydanticCustomError(
                "raci_duplicate_party",
                "A party has one role; named twice: {parties}.",
                {"parties": ", ".join(twice)},
            )
        return self

    @model_serializer(mode="wrap")
    def _without_empty_lists(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {role: parties for role, parties in write(self).items() if parties}


def cpu_units(value: float | str) -> float:
    """Return how many processors `value` means: `"500m"` is 0.5."""
    if isinstance(value, str):
        return int(value[:-1]) / 1000 if value.endswith("m") else float(value)
    return value


def memory_mb(value: float | str) -> float:
    """Return how many megabytes `value` means: `"512Mi"` is 512, as the documents count."""
    return float(re.sub(r"Mi?\Z", "", value)) if isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True)
class Amount(Checked):
    """Takes a number, or a text of this form that is not zero, and leaves it as it was sent."""

    form: re.Pattern[str]
    at_most: float
    units_of: Callable[[float | str], float]
    example: str

    def described(self) -> JsonSchemaValue:
        """Return that it is a number or a text such as the example."""
        text = {"type": "string", "examples": [self.example]}
        return {"anyOf": [Number(at_least=0, at_most=self.at_most).described(), text]}

    def check(self, value: Any) -> float | str:
        """Return the amount. Raises `PydanticCustomError` where it is none or out of bounds."""
        if isinstance(value, str):
            value = value.strip()
        plain = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        if not plain and not (isinstance(value, str) and self.form.match(value)):
            raise PydanticCustomError(
                "invalid",
                "A number is needed, or a text such as {example}.",
                {"example": self.example},
            )
        units = self.units_of(value)
        if isinstance(value, str) and units == 0:
            raise PydanticCustomError("min_value", "A text that asks for nothing is refused.")
        if not units <= self.at_most:
            raise PydanticCustomError(
                "max_value", "At most {most} is allowed.", {"most": self.at_most}
            )
        kept: float | str = value
        return kept


_CPU = Amount(
    form=re.compile(r"\A\d+m?\Z", re.ASCII), at_most=MAX_CPU, units_of=cpu_units, example="500m"
)
_MEMORY = Amount(
    form=re.compile(r"\A\d+(?:M|Mi)?\Z", re.ASCII),
    at_most=MAX_MEMORY_MB,
    units_of=memory_mb,
    example="512Mi",
)


class ResourceRequirements(Drawn):
    """What an action or stage needs: processors, memory in MB."""

    cpu: Annotated[float | str, _CPU] | None = None
    memory: Annotated[float | str, _MEMORY] | None = None
    timeout: Annotated[float, Number(at_least=0)] | None = None


class ParallelismConfig(Known):
    """How many actions of a stage run side by side, and which of them start first."""

    max_concurrency: int = Field(default=4, ge=1, le=100)
    load_balancing: LoadBalancing = "priority"


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("invalid", "A moment in ISO 8601 is needed.") from None
    if moment.tzinfo is None:
        raise PydanticCustomError("invalid", "The moment needs a time zone.")
    return value


Moment = Annotated[str, AfterValidator(_moment)]


class ContextWindow(Known):
    """When others may look at a node's context."""

    valid_from: Moment | None = None
    valid_until: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_until and _later(self.valid_from, self.valid_until):
            raise PydanticCustomError("invalid", "The window ends before it begins.")
        return self


def _later(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)


class Authentication(Drawn):
    """How an outside endpoint wants to be spoken to."""

    required: bool = False
    method: str | None = None


class IntegrationConfig(Drawn):
    """Where a tether's spindle reaches out to; secrets are named by reference only."""

    endpoint: str | None = None
    api_endpoints: list[str] = Field(default_factory=list)
    authentication: Authentication | None = None
    headers: dict[str, str] = Field(default_factory=dict)


class AccessPermissions(Known):
    """Who sees and who edits the knowledge behind an action; every editor sees it too."""

    view: list[str] = Field(default_factory=list)
    edit: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _editors_see(self) -> Self:
        if not self.view and not self.edit:
            return self
        for name in ("view", "edit"):
            kept = list(dict.fromkeys(party for party in getattr(self, name) if party))
            object.__setattr__(self, name, kept)
        if not set(self.edit) <= set(self.view):
            raise PydanticCustomError(
                "edit_not_in_view", "Whoever may edit has to stand in `view` too."
            )
        return self


class ContextInheritance(Known):
    """Which contexts a nested model gets, keeps to itself, and shares."""

    inherited_contexts: UniqueTexts = Field(default_factory=list)
    isolated_contexts: UniqueTexts = Field(default_factory=list)
    shared_contexts: UniqueTexts = Field(default_factory=list)


class OutputExtraction(Known):
    """What comes back from a nested model; nothing named means everything."""

    extracted_outputs: Annotated[UniqueTexts, Field(min_length=1)] | None = None
    output_transformations: dict[str, Any] = Field(default_factory=dict)


class HierarchicalValidation(Known):
    """How deep models may nest below an action, and whether inner context stays inside."""

    max_nesting_depth: int = Field(default=10, ge=1, le=10)
    context_leakage_prevention: bool = True
