"""Kinds that only work on values: noop, transform, condition, and what an import left open."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from spindles.choices import Category
from spindles.expressions.conditions import MAX_CHARACTERS, ConditionError, evaluate, holds
from spindles.registry.kinds import Expression, Place, StepContext, StepKind
from spindles.registry.results import Done, StepError
from spindles.steps.params import Params, objects_in, text_at

BranchName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Cel = Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


class NoopParams(Params):
    """Nothing to say."""


def do_nothing(context: StepContext, params: NoopParams) -> Done:
    """Complete with null."""
    return Done()


class TransformParams(Params):
    """Exactly one of both."""

    value: Any = Field(default=None, title="Value", description="Any JSON; templates are filled in")
    expression: Cel | None = Field(default=None, title="Expression", description="CEL")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if ("value" in self.model_fields_set) == (self.expression is not None):
            raise ValueError("Exactly one of `value` and `expression` is needed.")
        return self


def transform(context: StepContext, params: TransformParams) -> Done:
    """Complete with the value. Raises `StepError` `expression_error`, which is not retried."""
    if params.expression is None:
        return Done(params.value)
    try:
        return Done(evaluate(params.expression, context.variables))
    except ConditionError as error:
        raise StepError("expression_error", str(error), category=Category.VALIDATION) from None


class Branch(Params):
    """A way on, and when it is taken."""

    name: BranchName = Field(title="Name", description="Named by what depends on it: `step:name`")
    when: Cel = Field(title="When", description="CEL that is true or false")


class ConditionParams(Params):
    """The branches in the order in which they are asked."""

    branches: list[Branch] = Field(min_length=1, max_length=50, title="Branches")
    default: BranchName | None = Field(
        default=None, title="Default", description="The branch taken where none holds"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [branch.name for branch in self.branches]
        if len(set(names)) < len(names):
            raise ValueError("Two branches have the same name.")
        return self


def choose_branch(context: StepContext, params: ConditionParams) -> Done:
    """Complete with `{branch}`: the first that holds, else the default, else null.

    Raises `StepError` `condition_error`, which is not retried.
    """
    for branch in params.branches:
        try:
            if holds(branch.when, context.variables):
                return Done({"branch": branch.name})
        except ConditionError as error:
            raise StepError(
                "condition_error", f"{branch.name}: {error}", category=Category.VALIDATION
            ) from None
    return Done({"branch": params.default})


class PlaceholderParams(Params):
    """What stood there where it came from."""

    original: Any = Field(title="Original", description="The definition as it was imported")


def refuse_to_run(context: StepContext, params: PlaceholderParams) -> Done:
    """Fail: somebody has to put a step in its place first."""
    raise StepError(
        "placeholder",
        "This step came with an import and has no counterpart here; replace it.",
        category=Category.VALIDATION,
    )


def _expression_of(params: Mapping[str, Any]) -> Iterator[Expression]:
    text = text_at(params, "expression")
    if text is not None:
        yield Expression("/expression", text, whole=False)


def _conditions_of(params: Mapping[str, Any]) -> Iterator[Expression]:
    for index, branch in objects_in(params, "branches"):
        text = text_at(branch, "when")
        if text is not None:
            yield Expression(f"/branches/{index}/when", text)


def _branches_of(params: Mapping[str, Any]) -> Iterator[str]:
    names = [text_at(branch, "name") for _, branch in objects_in(params, "branches")]
    names.append(text_at(params, "default"))
    yield from dict.fromkeys(name for name in names if name is not None)


NOOP = StepKind(
    name="noop",
    title="Nothing",
    description="Does nothing; a place where lines meet.",
    params=NoopParams,
    handle=do_nothing,
    place=Place.INLINE,
)
TRANSFORM = StepKind(
    name="transform",
    title="Transform",
    description="Makes a value of others, by templates or by an expression.",
    params=TransformParams,
    handle=transform,
    place=Place.INLINE,
    raw=frozenset({"expression"}),
    expressions=_expression_of,
)
CONDITION = StepKind(
    name="condition",
    title="Condition",
    description="Chooses the branch on which the run goes on.",
    params=ConditionParams,
    handle=choose_branch,
    place=Place.INLINE,
    raw=frozenset({"branches", "default"}),
    expressions=_conditions_of,
    outcomes=_branches_of,
)
PLACEHOLDER = StepKind(
    name="placeholder",
    title="Placeholder",
    description="Holds what an import could not translate; never runs.",
    params=PlaceholderParams,
    handle=refuse_to_run,
    place=Place.INLINE,
    raw=frozenset({"original"}),
)
KINDS = (NOOP, TRANSFORM, CONDITION, PLACEHOLDER)
