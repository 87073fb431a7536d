"""What is saved although it cannot run yet: told with every answer, and blocks publishing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from node_links.canvas.faults import child
from spindles.definitions.graph import StepGraph
from spindles.definitions.inputs import InputDefinition, OutputDefinition
from spindles.definitions.params import check_params
from spindles.definitions.steps import StepDefinition
from spindles.expressions.conditions import ConditionError, compile_condition
from spindles.expressions.paths import Path, condition_paths, split_path, template_paths
from spindles.registry.kinds import step_kinds

PLACEHOLDER = "placeholder"
_STEP_PARTS = ("output", "status", "error")
_EXECUTION = ("id", "started_at", "environment")
_ROOTS = frozenset({"inputs", "steps", "execution", "trigger"})
_ITEM = frozenset({"item", "index"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that blocks publishing; `pointer` leads into `{steps, outputs}`."""

    code: str
    step_id: str | None
    pointer: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as the API answers them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Named:
    """A path that an expression names, and where that stands."""

    pointer: str
    path: Path


def find_problems(
    steps: Sequence[StepDefinition],
    inputs: Sequence[InputDefinition],
    outputs: Sequence[OutputDefinition] | None,
) -> list[Problem]:
    """Return what is wrong with a definition in itself; references are looked at elsewhere."""
    if not steps:
        return [Problem("no_steps", None, "/steps", "There is nothing to run.")]
    graph = StepGraph(steps)
    declared = {one.name for one in inputs}
    problems: list[Problem] = []
    for index, step in enumerate(steps):
        at = f"/steps/{index}"
        problems += _unfinished(step, at)
        known = graph.ancestors(step.id)
        problems += _expressions(step, at, known, declared)
    everything = {step.id for step in steps}
    for index, output in enumerate(outputs or ()):
        found = _templates(output.value, f"/outputs/{index}/value", None)
        problems += _check(found, None, everything, declared, _ROOTS)
    return problems


def _unfinished(step: StepDefinition, at: str) -> Iterator[Problem]:
    if step.kind == PLACEHOLDER:
        message = "This step stands for one that could not be brought over."
        yield Problem("placeholder", step.id, f"{at}/kind", message)
        return
    for fault in check_params(step.kind, step.params).missing:
        yield Problem("missing_param", step.id, f"{at}/params{fault.pointer}", fault.message)


def _expressions(
    step: StepDefinition, at: str, known: set[str], declared: set[str]
) -> Iterator[Problem]:
    if step.condition is not None:
        yield from _condition(step.condition, step.id, f"{at}/condition", known, declared)
    if step.kind == PLACEHOLDER:
        return
    kind = step_kinds.get(step.kind)
    params = f"{at}/params"
    expressions = list(kind.expressions(step.params)) if kind else []
    for one in expressions:
        pointer = f"{params}{one.pointer}"
        yield from _condition(one.text, step.id, pointer, known, declared, one.variables)
    spoken_for = {f"{params}{one.pointer}" for one in expressions}
    for name, value in step.params.items():
        roots = _ROOTS | _ITEM if kind and name in kind.raw else _ROOTS
        found = _templates(value, child(params, name), step.id, spoken_for)
        yield from _check(found, step.id, known, declared, roots)


def _condition(
    text: str,
    step_id: str,
    pointer: str,
    known: set[str],
    declared: set[str],
    variables: frozenset[str] = frozenset(),
) -> Iterator[Problem]:
    try:
        compile_condition(text)
    except ConditionError as error:
        yield Problem("invalid_condition", step_id, pointer, str(error))
        return
    for path in condition_paths(text):
        if path[0] in _ROOTS and path[0] not in variables:
            yield from _named(_Named(pointer, path), step_id, known, declared)


def _templates(
    value: Any, at: str, step_id: str | None, spoken_for: Iterable[str] = ()
) -> Iterator[_Named | Problem]:
    """Yield the paths of the templates in a value, and a problem for each that is none."""
    for pointer, text in template_paths(value):
        if f"{at}{pointer}" in spoken_for:
            continue
        try:
            path = split_path(text)
        except ValueError as error:
            yield Problem("invalid_template", step_id, f"{at}{pointer}", str(error))
            continue
        yield _Named(f"{at}{pointer}", path)


def _check(
    found: Iterable[_Named | Problem],
    step_id: str | None,
    known: set[str],
    declared: set[str],
    roots: frozenset[str],
) -> Iterator[Problem]:
    for one in found:
        if isinstance(one, Problem):
            yield one
            continue
        fault = _form_of(one.path, roots)
        if fault:
            yield Problem("invalid_template", step_id, one.pointer, fault)
        else:
            yield from _named(one, step_id, known, declared)


def _form_of(path: Path, roots: frozenset[str]) -> str:
    """Return what is wrong with a path in itself, or an empty text."""
    text = ".".join(path)
    if path[0] not in roots:
        return f"{text}: one of {', '.join(sorted(roots))} has to come first."
    if path[0] == "steps" and (len(path) < 3 or path[2] not in _STEP_PARTS):
        return f"{text}: a step has {', '.join(_STEP_PARTS)}."
    if path[0] == "execution" and (len(path) != 2 or path[1] not in _EXECUTION):
        return f"{text}: a run has {', '.join(_EXECUTION)}."
    if path[0] in ("inputs", "trigger") and len(path) < 2:
        return f"{text}: a name has to follow."
    return ""


def _named(
    one: _Named, step_id: str | None, known: set[str], declared: set[str]
) -> Iterator[Problem]:
    root, *rest = one.path
    if root == "steps" and rest and rest[0] not in known:
        message = (
            f"{rest[0]} is no step that {step_id} depends on, directly or not."
            if step_id
            else f"There is no step {rest[0]}."
        )
        yield Problem("bad_reference", step_id, one.pointer, message)
    if root == "inputs" and rest and declared and rest[0] not in declared:
        message = f"No input {rest[0]} is declared."
        yield Problem("undeclared_input", step_id, one.pointer, message)
