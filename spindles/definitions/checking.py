"""What is refused at once: ids that stand twice, kinds and values that there are not, cycles.

Both views are checked here; where a violation stands in each of them is the caller's to say.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import orjson

from config.exceptions import FieldError, ValidationFailed
from node_links.canvas.documents import find_cycle
from spindles.definitions import limits
from spindles.definitions.params import check_params, outcomes_of
from spindles.definitions.steps import Dependency, StepDefinition, StepFields
from spindles.registry.kinds import step_kinds

Refuse = Callable[[str, str, str], None]


class PlaceOf(Protocol):
    """Says where a dependency of a step stands."""

    def __call__(self, step: int, dependency: int) -> str:
        """Return the pointer."""


def check_kind(refuse: Refuse, fields: StepFields, at: str) -> None:
    """Refuse a kind that is not offered, and parameters that do not fit it.

    `at` points to the object that holds both.
    """
    kind = step_kinds.get(fields.kind)
    if kind is None or kind.internal:
        known = ", ".join(kind.name for kind in step_kinds.offered())
        refuse(f"{at}/kind", "invalid_choice", f"{fields.kind} is no kind of steps: {known}.")
        return
    for fault in check_params(fields.kind, fields.params).faults:
        refuse(f"{at}/params{fault.pointer}", fault.code, fault.message)


def check_dependencies(
    refuse: Refuse, steps: Sequence[StepDefinition], place_of: PlaceOf, *, whole: str
) -> None:
    """Refuse dependencies that lead nowhere, back to the step itself, or round in a circle.

    `whole` points to what the cycle is told of.
    """
    by_id = {step.id: step for step in steps}
    arrows = []
    for index, step in enumerate(steps):
        for place, dependency in enumerate(step.dependencies):
            at = place_of(index, place)
            fault = _fault_of(step, dependency, by_id)
            if fault:
                refuse(at, *fault)
            else:
                arrows.append((dependency.step_id, step.id))
    cycle = find_cycle(arrows)
    if cycle:
        refuse(whole, "cycle", f"These depend on each other: {' -> '.join(cycle)}.")


def _fault_of(
    step: StepDefinition, dependency: Dependency, by_id: dict[str, StepDefinition]
) -> tuple[str, str] | None:
    source = by_id.get(dependency.step_id)
    if dependency.step_id == step.id:
        return "self_dependency", f"{step.id} cannot depend on itself."
    if source is None:
        message = f"{step.id} depends on {dependency.step_id}, and there is no such step."
        return "unknown_dependency", message
    if dependency.branch is None:
        return None
    branches = outcomes_of(source.kind, source.params)
    if dependency.branch not in branches:
        known = ", ".join(branches) or "none"
        return "unknown_branch", (
            f"{step.id} depends on the branch {dependency.branch} of {source.id}; there are: "
            f"{known}."
        )
    return None


def refuse_too_many(count: int, pointer: str) -> None:
    """Raise `ValidationFailed` where there are more steps than a spindle may have."""
    if count > limits.MAX_STEPS:
        message = f"At most {limits.MAX_STEPS} steps are allowed."
        raise ValidationFailed.of(pointer, "max_length", message)


def refuse_too_large(parts: Any, pointer: str) -> None:
    """Raise `ValidationFailed` where a definition takes more bytes of JSON than are kept."""
    if len(orjson.dumps(parts)) > limits.MAX_BYTES:
        message = f"A definition has at most {limits.MAX_BYTES // 1024 // 1024} MB."
        raise ValidationFailed.of(pointer, "max_length", message)


def refuse_repeated(refuse: Refuse, ids: Iterable[str]) -> None:
    """Refuse each id of the list of steps that stands a second time."""
    seen: set[str] = set()
    for index, known in enumerate(ids):
        if known in seen:
            refuse(f"/steps/{index}/id", "duplicate_step", f"The step {known} stands twice.")
        seen.add(known)


def seen_below(prefix: str, errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the violations with pointers that begin at `prefix`."""
    return [FieldError(f"{prefix}{one.pointer}", one.code, one.message) for one in errors]
