"""The families of nodes that a spindle is drawn with (steps, and what triggers it)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from node_links.canvas.fields import Drawn
from node_links.canvas.shapes import CanvasNode
from spindles.definitions.steps import StepFields, StepId

TriggerName = Literal["manual", "schedule", "webhook", "event"]

KIND_OF: dict[str, str] = {
    "conditionNode": "condition",
    "transformationNode": "transform",
    "errorHandlerNode": "noop",
}
"""The kind of step that a node has which names none."""

FAMILY_OF = {kind: family for family, kind in KIND_OF.items() if kind != "noop"}
ACTION, ERROR_HANDLER, TRIGGER = "actionNode", "errorHandlerNode", "triggerNode"


class TriggerData(Drawn):
    """What starts runs: `kind`, and what that kind needs."""

    kind: TriggerName
    name: str | None = Field(default=None, max_length=200)


def _without_dependencies(value: Any) -> Any:
    """Return the data without what edges say."""
    if isinstance(value, dict):
        return {key: member for key, member in value.items() if key not in ("depends_on", "id")}
    return value


class StepNode(CanvasNode):
    """A step."""

    id: StepId
    type: Literal["actionNode", "transformationNode", "conditionNode", "errorHandlerNode"]
    data: Annotated[StepFields, BeforeValidator(_without_dependencies)]


class TriggerNode(CanvasNode):
    """Something that starts runs."""

    type: Literal["triggerNode"]
    data: TriggerData


NODES: dict[str, type[StepNode | TriggerNode]] = {
    ACTION: StepNode,
    "transformationNode": StepNode,
    "conditionNode": StepNode,
    ERROR_HANDLER: StepNode,
    TRIGGER: TriggerNode,
}


def family_of(kind: str) -> str:
    """Return the type of the node that a step of this kind is drawn as."""
    return FAMILY_OF.get(kind, ACTION)
