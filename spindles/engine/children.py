"""The run that a step waits for: ending it, and what of its outputs comes back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from config.request_context import inside_execution
from spindles.choices import OPEN, Category
from spindles.engine.ending import cancel_run
from spindles.engine.loading import open_run
from spindles.engine.saving import save_run
from spindles.engine.state import StepState
from spindles.expressions.paths import split_path
from spindles.expressions.templates import TemplateError, resolve
from spindles.registry import StepError, runnables


def stop_child(step: StepState, reason: str) -> None:
    """Cancel the run that a step waits for, and those below it."""
    child = open_run(UUID(step.wait_child)) if step.wait_child else None
    if child is None or child.row.status not in OPEN:
        return
    with inside_execution(child.row.pk):
        cancel_run(child, by=None, reason=reason)
        save_run(child)


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
