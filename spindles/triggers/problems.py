"""What keeps a trigger from ever starting a run: told when a spindle is saved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from node_links.canvas.faults import child
from spindles.expressions.conditions import ConditionError, compile_condition
from spindles.expressions.paths import split_path, template_paths
from spindles.triggers.definitions import AnyTrigger, EventTrigger, ManualTrigger, WebhookTrigger


@dataclass(frozen=True, slots=True)
class TriggerProblem:
    """Something that blocks publishing; `pointer` leads into `{triggers}`."""

    code: str
    pointer: str
    message: str


def find_trigger_problems(
    triggers: Sequence[AnyTrigger], inputs: Sequence[Mapping[str, Any]]
) -> Iterator[TriggerProblem]:
    """Yield what is wrong with `triggers` of a spindle that declares `inputs`.

    The codes are those of steps: invalid_condition, invalid_template, undeclared_input and
    missing_param.
    """
    for place, trigger in enumerate(triggers):
        if isinstance(trigger, ManualTrigger):
            continue
        at = child("/triggers", place)
        if isinstance(trigger, EventTrigger) and trigger.filter is not None:
            try:
                compile_condition(trigger.filter)
            except ConditionError as error:
                yield TriggerProblem("invalid_condition", child(at, "filter"), str(error))
        at_inputs = child(at, "inputs")
        yield from _templates(trigger.inputs, at_inputs)
        # The body of a webhook fills inputs by their names.
        complete = not isinstance(trigger, WebhookTrigger)
        yield from _inputs(trigger.inputs, inputs, at_inputs, complete=complete)


def _templates(given: Mapping[str, Any], at: str) -> Iterator[TriggerProblem]:
    for pointer, text in template_paths(dict(given)):
        try:
            path = split_path(text)
        except ValueError as error:
            yield TriggerProblem("invalid_template", at + pointer, str(error))
            continue
        if path[0] != "trigger" or len(path) == 1:
            message = f"{text}: before a run there is nothing but trigger and what belongs to it."
            yield TriggerProblem("invalid_template", at + pointer, message)


def _inputs(
    given: Mapping[str, Any], declared: Sequence[Mapping[str, Any]], at: str, *, complete: bool
) -> Iterator[TriggerProblem]:
    names = {one["name"] for one in declared}
    for name in given:
        if names and name not in names:
            yield TriggerProblem("undeclared_input", child(at, name), f"No input {name}.")
    for one in declared if complete else ():
        needed = one.get("required", True) and one.get("default") is None
        if needed and one["name"] not in given:
            message = f"The input {one['name']} is required, and nothing fills it."
            yield TriggerProblem("missing_param", at, message)
