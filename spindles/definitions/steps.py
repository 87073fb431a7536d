"""A step as its author writes it."""

import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from node_links.canvas.fields import Drawn, JsonObject, NonBlank, Number
from spindles.definitions import limits
from spindles.plans.plan import Join
from spindles.plans.retrying import RetryPolicy

AgentRole = Literal["planner", "reasoner", "executor", "critic", "summarizer"]
_DURATION = re.compile(r"\A(\d+(?:\.\d+)?)([smh])\Z", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _seconds(value: Any) -> Any:
    """Return `"5m"` in seconds, and anything else as it is."""
    match = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    seconds = float(match[1]) * _SECONDS[match[2]]
    return int(seconds) if seconds.is_integer() else seconds


def _step_id(value: str) -> str:
    if not limits.STEP_ID.match(value):
        raise PydanticCustomError(
            "invalid", "1 to 100 letters, digits, _ and - are needed, with a letter or a digit."
        )
    return value


def _once(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("duplicate", "A dependency stands here twice.")
    return values


StepId = Annotated[str, AfterValidator(_step_id)]
_Above = Number(above=0, at_most=limits.MAX_STEP_SECONDS)
_OR_TEXT: JsonSchemaValue = {"anyOf": [_Above.described(), {"type": "string", "examples": ["5m"]}]}
Timeout = Annotated[
    float, _Above, BeforeValidator(_seconds), WithJsonSchema(_OR_TEXT, mode="validation")
]


def _single() -> RetryPolicy:
    return RetryPolicy(max_attempts=1)


class StepFields(Drawn):
    """What both views of a step say; times are seconds. Without `retry` there is one attempt."""

    kind: NonBlank
    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    description: str | None = Field(default=None, max_length=1000)
    params: JsonObject = {}
    condition: str | None = Field(default=None, max_length=limits.MAX_CONDITION)
    timeout: Timeout = 300
    retry: Annotated[
        RetryPolicy, BeforeValidator(lambda value: _single() if value is None else value)
    ] = Field(default_factory=_single)
    join: Join = "all"
    priority: int = Field(default=5, ge=1, le=10)
    concurrency: int | None = Field(default=None, ge=1)
    agent_role: AgentRole | None = None

    @model_validator(mode="after")
    def _blank_is_none(self) -> Self:
        if self.condition == "":
            self.condition = None
        return self


class Dependency(NamedTuple):
    """Another step, or one branch of it."""

    step_id: str
    branch: str | None = None

    def __str__(self) -> str:
        """Return it as a list of steps says it: `gate`, `gate:yes`."""
        return self.step_id if self.branch is None else f"{self.step_id}:{self.branch}"

    @classmethod
    def parse(cls, text: str) -> "Dependency":
        """Return what `gate` or `gate:yes` means."""
        step_id, colon, branch = text.partition(":")
        return cls(step_id, branch if colon else None)


class StepDefinition(StepFields):
    """A step of the list: with its id, and what it depends on."""

    model_config = ConfigDict(extra="forbid")

    id: StepId
    depends_on: Annotated[list[str], AfterValidator(_once)] = []

    @model_validator(mode="after")
    def _named(self) -> Self:
        self.name = self.name or self.id
        return self

    @property
    def dependencies(self) -> list[Dependency]:
        """What it depends on, branches apart."""
        return [Dependency.parse(text) for text in self.depends_on]

    def as_dict(self) -> dict[str, Any]:
        """Return the step as the API tells it."""
        written = self.model_dump()
        return {"id": written.pop("id"), **written}


STEP_KEYS = tuple(name for name in StepFields.model_fields)
"""The members that both views share."""
