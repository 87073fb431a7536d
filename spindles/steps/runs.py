"""A step that is a run of another spindle or model."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from spindles.registry.kinds import Place, Reference, StepContext, StepKind
from spindles.registry.results import StartChild
from spindles.steps.params import YEAR, Params, Pin, text_at, version_at

MAX_DEPTH = 20
# What actions of a function model say of their runs; handed on as they are.
_CONTEXT = (
    "orchestration_mode",
    "context_mapping",
    "context_inheritance",
    "execution_policy",
    "hierarchical_validation",
)
_NARROW = ("output_mapping", "output_extraction")


class SubExecutionParams(Params):
    """What runs. The last members are those of the actions of function models."""

    feature: str = Field(
        min_length=1, max_length=50, title="Feature", description="spindle or function-model"
    )
    target: str = Field(min_length=1, max_length=255, title="Target", description="Id or slug")
    version: Pin | Literal["draft"] = Field(
        default=None, title="Version", description="`x.y.z`, or the live one: `published` or none"
    )
    inputs: dict[str, Any] = Field(default={}, title="Inputs")
    wait: bool = Field(
        default=True,
        title="Wait",
        description="Whether the outputs of the run complete the step, or its id at once",
    )
    max_depth: int | None = Field(
        default=None,
        ge=1,
        le=MAX_DEPTH,
        title="Depth",
        description="How many levels of runs there may be below the root",
    )
    expires_after: float | None = Field(
        default=None,
        gt=0,
        le=YEAR,
        title="Expires after",
        description="Seconds after which the step fails and the run is stopped",
    )
    output_mapping: dict[str, str] | None = Field(
        default=None,
        title="Output mapping",
        description="Name of an output: path to it in the outputs of the run",
    )
    output_extraction: dict[str, Any] | None = Field(default=None, title="Output extraction")
    orchestration_mode: str | None = Field(default=None, title="Orchestration mode")
    context_mapping: dict[str, str] | None = Field(default=None, title="Context mapping")
    context_inheritance: dict[str, Any] | None = Field(default=None, title="Inherited context")
    execution_policy: dict[str, Any] | None = Field(default=None, title="Execution policy")
    hierarchical_validation: dict[str, Any] | None = Field(
        default=None, title="Hierarchical validation"
    )

    def given(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return those of `names` that were said."""
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def start_run(context: StepContext, params: SubExecutionParams) -> StartChild:
    """Start the run."""
    return StartChild(
        feature=params.feature,
        target=params.target,
        version=params.version,
        inputs=params.inputs,
        wait=params.wait,
        max_depth=params.max_depth,
        context=params.given(_CONTEXT),
        narrow=params.given(_NARROW),
        expires_after=params.expires_after,
    )


def _references_of(params: Mapping[str, Any]) -> Iterator[Reference]:
    feature, target = text_at(params, "feature"), text_at(params, "target")
    # What a template names is known when the step runs.
    if feature and target and "${{" not in feature + target:
        yield Reference("/target", feature, target, version_at(params))


SUB_EXECUTION = StepKind(
    name="sub_execution",
    title="Run another",
    description="Runs a spindle or a function model; its outputs are the output.",
    params=SubExecutionParams,
    handle=start_run,
    place=Place.INLINE,
    # What the other run does is outside of this one.
    has_effect=True,
    raw=frozenset({*_CONTEXT, *_NARROW}),
    references=_references_of,
)
KINDS = (SUB_EXECUTION,)
