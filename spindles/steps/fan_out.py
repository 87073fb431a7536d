"""A step that runs another one for each member of a list."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from spindles.registry.kinds import Expression, Place, Reference, StepContext, StepKind, step_kinds
from spindles.registry.results import ForEach
from spindles.steps.params import Params, text_at

MAX_ITEMS = 1000
OF_ITEMS = frozenset({"item", "index"})
_STEP = "/step/params"
# What these give is meant for the run's own steps, which the items of a list are not.
_NOT_INSIDE = ("map", "condition", "placeholder")


class InnerStep(Params):
    """What is done for each item; its templates know `item` and `index` besides."""

    kind: str = Field(title="Kind", description="Any kind but map, condition and placeholder")
    params: dict[str, Any] = Field(default={}, title="Parameters")

    @field_validator("kind")
    @classmethod
    def _of_a_kind(cls, name: str) -> str:
        kind = step_kinds.get(name)
        if kind is None or kind.internal or name in _NOT_INSIDE:
            known = ", ".join(k.name for k in step_kinds.offered() if k.name not in _NOT_INSIDE)
            raise ValueError(f"This does not run for items; there are: {known}.")
        return name

    @model_validator(mode="after")
    def _nothing_missing(self) -> Self:
        """Find before the first item what every item would find; values are known only then."""
        kind = step_kinds.get(self.kind)
        fields = kind.params.model_fields if kind is not None else {}
        required = {one.alias or name for name, one in fields.items() if one.is_required()}
        known = {one.alias or name for name, one in fields.items()}
        missing, unknown = required - self.params.keys(), self.params.keys() - known
        if unknown:
            named = ", ".join(sorted(unknown))
            raise ValueError(f"Not known to {self.kind}: {named}.")
        if missing:
            raise PydanticCustomError(
                "required",
                "Missing to {kind}: {named}.",
                {"kind": self.kind, "named": ", ".join(sorted(missing))},
            )
        return self


class MapParams(Params):
    """The list, and what is done for each member."""

    items: list[Any] = Field(
        max_length=MAX_ITEMS, title="Items", description="A list, usually a template"
    )
    step: InnerStep = Field(title="Step", description="What is done for each item")
    concurrency: int | None = Field(
        default=None, ge=1, le=1000, title="Concurrency", description="How many run side by side"
    )
    on_item_error: Literal["fail", "collect"] = Field(
        default="fail",
        title="On error of an item",
        description="Whether it fails the step, or stands in its place in the output",
    )


def do_for_each(context: StepContext, params: MapParams) -> ForEach:
    """Run the inner step for each item."""
    return ForEach(
        items=params.items,
        kind=params.step.kind,
        params=params.step.params,
        concurrency=params.concurrency,
        on_item_error=params.on_item_error,
    )


def _inner(params: Mapping[str, Any]) -> tuple[StepKind, Mapping[str, Any]] | None:
    """Return the kind of the inner step and its parameters, of parameters nobody checked yet."""
    step = params.get("step")
    if not isinstance(step, Mapping):
        return None
    kind, inner = step_kinds.get(text_at(step, "kind") or ""), step.get("params", {})
    return (kind, inner) if kind is not None and isinstance(inner, Mapping) else None


def _expressions_of(params: Mapping[str, Any]) -> Iterator[Expression]:
    inner = _inner(params)
    if inner is not None:
        kind, written = inner
        for one in kind.expressions(written):
            yield replace(one, pointer=_STEP + one.pointer, variables=one.variables | OF_ITEMS)


def _references_of(params: Mapping[str, Any]) -> Iterator[Reference]:
    inner = _inner(params)
    if inner is not None:
        kind, written = inner
        for one in kind.references(written):
            yield replace(one, pointer=_STEP + one.pointer)


MAP = StepKind(
    name="map",
    title="For each",
    description="Runs a step for each item of a list; the outputs are its output.",
    params=MapParams,
    handle=do_for_each,
    place=Place.INLINE,
    raw=frozenset({"step"}),
    expressions=_expressions_of,
    references=_references_of,
)
KINDS = (MAP,)
