"""What somebody wants to make of a definition: a new drawing, new steps, new triggers."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from config.exceptions import FieldError, ValidationFailed
from config.ids import uuid7
from node_links.canvas.faults import faults_of
from node_links.canvas.shapes import CanvasPart
from spindles.definitions.checking import seen_below
from spindles.definitions.definition import Definition
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.listing import draw_steps, draw_triggers, parse_steps
from spindles.definitions.nodes import TriggerData

VIEWS = ("canvas", "steps", "triggers")
"""The members of a spindle that say what is drawn."""


class TriggerDefinition(CanvasPart, TriggerData):
    """A trigger as the list of triggers says it."""


_TRIGGERS = TypeAdapter(list[TriggerDefinition])


def parse_triggers(value: Any) -> list[dict[str, Any]]:
    """Read triggers, giving an id to each that has none. Raises `ValidationFailed`."""
    given = value
    if isinstance(value, list):
        given = [{"id": str(uuid7()), **one} if isinstance(one, dict) else one for one in value]
    try:
        triggers = _TRIGGERS.validate_python(given)
    except ValidationError as error:
        raise ValidationFailed(errors=list(faults_of(error, pointer="/triggers"))) from None
    ids = [one.id for one in triggers]
    faults = [
        FieldError(f"/triggers/{index}/id", "duplicate", f"The id {known} stands twice.")
        for index, known in enumerate(ids)
        if known in ids[:index]
    ]
    if faults:
        raise ValidationFailed(errors=faults)
    return [one.model_dump(exclude_unset=True) for one in triggers]


def rewrite(before: Definition, values: Mapping[str, Any]) -> Definition:
    """Return what `values` make of a definition: the drawing first, then steps, then triggers.

    What was parsed already is taken as it is. Raises `ValidationFailed` with pointers below
    `/canvas`, `/steps` and `/triggers`.
    """
    after = before
    if "canvas" in values:
        after = read_canvas(values["canvas"])
    if "steps" in values:
        steps = values["steps"]
        after = parse_drawing(draw_steps(after, parse_steps(steps)))
    if "triggers" in values:
        triggers = parse_triggers(values["triggers"])
        _refuse_taken(after, triggers)
        after = parse_drawing(draw_triggers(after, triggers))
    return after


def read_canvas(value: Any) -> Definition:
    """Return the definition that `/canvas` draws. Raises `ValidationFailed`."""
    if isinstance(value, Definition):
        return value
    try:
        return parse_drawing(value)
    except ValidationFailed as refusal:
        errors = seen_below("/canvas", refusal.errors)
        raise ValidationFailed(refusal.detail, errors=errors) from None


def _refuse_taken(definition: Definition, triggers: list[dict[str, Any]]) -> None:
    steps = {step.id for step in definition.steps}
    faults = [
        FieldError(f"/triggers/{index}/id", "duplicate", "A step has this id.")
        for index, one in enumerate(triggers)
        if one["id"] in steps
    ]
    if faults:
        raise ValidationFailed(errors=faults)
