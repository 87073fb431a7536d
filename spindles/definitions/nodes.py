"""The families of nodes that a spindle is drawn with (steps, and what triggers it)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from node_links.canvas.fields import Drawn, may_be_left_out
from node_links.canvas.shapes import CanvasNode
from spindles.choices import StepNodeType
from spindles.definitions.steps import StepFields, StepId

TriggerName = Literal["manual", "schedule", "webhook", "event"]

KIND_OF: dict[str, str] = {
    StepNodeType.CONDITION: "condition",
    StepNodeType.TRANSFORMATION: "transform",
    StepNodeType.ERROR_HANDLER: "noop",
}
"""The kind of step that a node has which names none."""

FAMILY_OF = {kind: str(family) for family, kind in KIND_OF.items() if kind != "noop"}
ACTION = StepNodeType.ACTION.value
ERROR_HANDLER = StepNodeType.ERROR_HANDLER.value
TRIGGER = StepNodeType.TRIGGER.value


class TriggerData(Drawn):
    """What starts runs: `kind`, and what that kind needs. What is absent is not told."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    kind: TriggerName
    name: str | None = Field(default=None, max_length=200)


def _without_dependencies(value: Any) -> Any:
    """Return the data without what edges say."""
    if isinstance(value, dict):
        return {key: member for key, member in value.items() if key not in ("depends_on", "id")}
    return value


class StepData(StepFields):
    """What a step is drawn with; the type of its node names the kind where it does not."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say that a kind may be left out of what is sent."""
        return may_be_left_out(handler(schema), handler, "kind")


class StepNode(CanvasNode):
    """A step."""

    id: StepId
    type: Literal["actionNode", "transformationNode", "conditionNode", "errorHandlerNode"]
    data: Annotated[StepData, BeforeValidator(_without_dependencies)]


class TriggerNode(CanvasNode):
    """Something that starts runs."""

    type: Literal["triggerNode"]
    data: TriggerData


NODES: dict[str, type[StepNode | TriggerNode]] = {
    family.value: TriggerNode if family == StepNodeType.TRIGGER else StepNode
    for family in StepNodeType
}


def family_of(kind: str) -> str:
    """Return the type of the node that a step of this kind is drawn as."""
    return FAMILY_OF.get(kind, ACTION)
