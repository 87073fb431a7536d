"""The run that a step waits for: what of its outputs comes back."""

from collections.abc import Mapping
from typing import Any

from spindles.choices import Category
from spindles.expressions.paths import split_path
from spindles.expressions.templates import TemplateError, resolve
from spindles.registry.results import StepError
from spindles.registry.runnables import runnables


def taken_back(feature: str, outputs: Mapping[str, Any], asked: Mapping[str, Any]) -> Any:
    """Return what of the outputs of a child becomes the output of the step that started it.

    `asked` is the step's: what the feature understands of it, and `output_mapping` {name: path into
    the outputs}. Raises `StepError` `template_error` for a path that leads nowhere.
    """
    runnable = runnables.find(feature)
    narrow = runnable.narrow if runnable is not None else None
    found = outputs if narrow is None else narrow(outputs, asked)
    mapping: Mapping[str, str] = asked.get("output_mapping") or {}
    if not mapping:
        return found
    return {name: _at(found, path) for name, path in mapping.items()}


def _at(outputs: Any, path: str) -> Any:
    try:
        parts = split_path(path)
        # The outputs stand under a root that templates have.
        return resolve(("inputs", *parts[parts[0] == "outputs" :]), {"inputs": outputs})
    except TemplateError:
        message = f"The outputs have nothing at {path}."
    except ValueError as error:
        message = str(error)
    raise StepError("template_error", message, category=Category.VALIDATION)
