"""A step that is a run of a nested model: in which version, and what it is given.

What the levels above tell is merged, the later level wins; over it lie the inputs of this run and
the context of the action itself. By the orchestration mode the nested run receives

- `embedded`: all of that, overlaid with what is mapped;
- `sequential`: the same, and below the mapped values what the action before has put out;
- `parallel`: only what is mapped, and of what contexts tell what is named as inherited.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from function_models.choices import OrchestrationMode
from function_models.context_access.hierarchy import ROOT
from function_models.context_access.running import RunState
from function_models.context_access.sensitive import without_sensitive
from function_models.pins import as_version, key_of
from node_links.choices import FeatureType
from spindles.choices import Category
from spindles.expressions.paths import ROOTS, split_path
from spindles.expressions.templates import render, resolve
from spindles.models import Execution
from spindles.registry.kinds import Place, StepContext, StepKind
from spindles.registry.results import StartChild, StepError
from spindles.steps.params import Params


class NestedParams(Params):
    """What the action says of the nested run; `previous` is the action before it."""

    target: str
    version: str
    orchestration_mode: OrchestrationMode = "embedded"
    context_mapping: dict[str, str] = {}
    context_inheritance: dict[str, Any] = {}
    output_extraction: dict[str, Any] = {}
    hierarchical_validation: dict[str, Any] = {}
    previous: str | None = None
    expires_after: float | None = Field(default=None, gt=0)


def start_nested(context: StepContext, params: NestedParams) -> StartChild:
    """Start the nested run in the version that was live when this run began, or the pinned one.

    Raises `StepError`: `not_published` where there was none to run, `template_error` for a mapping
    that leads nowhere.
    """
    row = Execution.objects.only("context", "depth").get(pk=context.execution_id)
    state = RunState.of(row.context)
    pin = state.pins.get(key_of(params.target, params.version))
    if pin is None:
        raise _refused("not_published", "When the run began there was no version of it to run.")
    contexts: Mapping[str, Mapping[str, Any]] = context.variables["context"]
    model = without_sensitive(dict(contexts.get(ROOT, {})))
    action = without_sensitive(dict(contexts.get(context.step_id, {})))
    above = {**state.inherited, **model}
    merged = {**above, **action}
    outer = {**above, **context.variables["inputs"], **action}
    given = _given(context, params, merged, outer)
    limits = params.hierarchical_validation
    return StartChild(
        feature=FeatureType.FUNCTION_MODEL,
        target=params.target,
        version=as_version(pin),
        inputs=given,
        max_depth=row.depth + 1 + limits.get("max_nesting_depth", 10),
        context={
            "given": given,
            "inherited": merged,
            "pins": state.pins,
            "isolated": params.orchestration_mode == "parallel",
            "chained": params.orchestration_mode == "sequential",
        },
        narrow={
            "output_extraction": params.output_extraction,
            "context_leakage_prevention": limits.get("context_leakage_prevention", True),
        },
        expires_after=params.expires_after,
    )


def _given(
    context: StepContext,
    params: NestedParams,
    merged: Mapping[str, Any],
    outer: dict[str, Any],
) -> dict[str, Any]:
    """Return what the nested run is given; `merged` is what contexts tell, `outer` all there is."""
    named = params.context_inheritance
    if params.orchestration_mode == "parallel":
        inherited = named.get("inherited_contexts", ())
        handed = {name: merged[name] for name in inherited if name in merged}
    else:
        handed = dict(outer)
        if params.orchestration_mode == "sequential" and params.previous is not None:
            output = context.variables["steps"][params.previous].get("output")
            handed |= output if isinstance(output, Mapping) else {}
    kept = {
        name: value
        for name, value in handed.items()
        if name not in named.get("isolated_contexts", ())
    }
    mapped = {
        name: _mapped(path, outer, context.variables)
        for name, path in params.context_mapping.items()
    }
    return {**kept, **mapped}


def _mapped(path: str, outer: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """Return the value at an outer path: a template, a path from a root, or one into the data."""
    try:
        if "${{" in path:
            return render(path, variables)
        parts = split_path(path)
        if parts[0] in ROOTS:
            return resolve(parts, variables)
        return resolve(("inputs", *parts), {"inputs": outer})
    except ValueError as error:  # TemplateError is one
        raise _refused("template_error", str(error)) from None


def _refused(code: str, message: str) -> StepError:
    return StepError(code, message, category=Category.VALIDATION)


NESTED_MODEL = StepKind(
    name="nested_model",
    title="Run a nested model",
    description="Runs another function model in the version that the run has noted.",
    params=NestedParams,
    handle=start_nested,
    place=Place.INLINE,
    has_effect=True,
    uses_database=True,
    raw=frozenset(NestedParams.model_fields),
    internal=True,
)
KINDS = (NESTED_MODEL,)
