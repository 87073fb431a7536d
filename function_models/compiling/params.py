"""The kind of an action's step, its parameters, and when it runs."""

from typing import Any

import orjson

from function_models.canvas.nodes import Action, KbData, NestedData, TetherData
from function_models.canvas.references import reference_of
from spindles.expressions.paths import unwrap


def kind_of(action: Action) -> str:
    """Return the kind of the step that does an action."""
    if isinstance(action.data, KbData):
        return "kb_read"
    return "nested_model" if isinstance(action.data, NestedData) else "sub_execution"


def params_of(action: Action, *, previous: str | None) -> dict[str, Any]:
    """Return the parameters of an action; `previous` is the one right before it."""
    reference, data = reference_of(action), action.data
    if isinstance(data, KbData):
        return {"sop": reference.entity_id, "version": reference.version}
    limited = {"expires_after": data.timeout} if data.timeout else {}
    if isinstance(data, TetherData):
        return limited | {
            "feature": reference.feature,
            "target": reference.entity_id,
            "version": reference.version,
            "inputs": data.execution_parameters,
            "output_mapping": data.output_mapping,
        }
    return limited | {
        "target": reference.entity_id,
        "version": reference.version,
        "orchestration_mode": data.orchestration_mode,
        "context_mapping": data.context_mapping,
        "context_inheritance": data.context_inheritance.model_dump(),
        "output_extraction": data.output_extraction.model_dump(),
        "hierarchical_validation": data.hierarchical_validation.model_dump(),
        "previous": previous,
    }


def condition_of(action: Action) -> str | None:
    """Return when an action runs: by its own condition, and by those of its nested model."""
    written = [] if action.data.condition is None else [action.data.condition]
    if isinstance(action.data, NestedData):
        policy = action.data.execution_policy
        if policy.execution_trigger == "conditional":
            written += _conditions(policy.conditions)
    if len(written) < 2:
        return written[0] if written else None
    return " && ".join(f"({unwrap(one)})" for one in written)


def _conditions(given: Any) -> list[str]:
    """Return conditions as CEL; what is no text has no answer, and fails the step."""
    members = given if isinstance(given, list) else [given]
    return [one if isinstance(one, str) else orjson.dumps(one).decode() for one in members]
