"""What of the outputs of a nested run comes back to the action that started it."""

from collections.abc import Mapping
from typing import Any

from spindles.choices import Category
from spindles.expressions.conditions import ConditionError, evaluate
from spindles.registry.results import StepError


def narrow_outputs(outputs: Mapping[str, Any], asked: Mapping[str, Any]) -> Any:
    """Return the outputs after their transformations, narrowed to what is to be extracted.

    `outputs` are by output node. `asked` holds `output_extraction`, whose names are output nodes or
    keys of what these put out, and whose transformations are {name: CEL over `outputs` and these
    names}; any other JSON stands for itself. Without `context_leakage_prevention` all comes back.
    Raises `StepError` `expression_error`.
    """
    extraction = asked.get("output_extraction") or {}
    named = {**_inner(outputs), **outputs}
    made = {
        name: _transformed(rule, {**named, "outputs": dict(outputs)})
        for name, rule in (extraction.get("output_transformations") or {}).items()
    }
    wanted = extraction.get("extracted_outputs")
    if not wanted or not asked.get("context_leakage_prevention", True):
        return {**outputs, **made}
    found = {**named, **made}
    return {name: found[name] for name in wanted if name in found}


def _inner(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the output nodes put out under keys of their own; the later node wins."""
    inner: dict[str, Any] = {}
    for output in outputs.values():
        if isinstance(output, Mapping):
            inner |= output
    return inner


def _transformed(rule: Any, variables: Mapping[str, Any]) -> Any:
    if not isinstance(rule, str):
        return rule
    try:
        return evaluate(rule, variables)
    except ConditionError as error:
        message = f"The transformation {rule!r} failed: {error}"
        raise StepError("expression_error", message, category=Category.VALIDATION) from None
