"""Definitions for the description of the API: told by the types that read them."""

from typing import Annotated

from pydantic import ConfigDict, Field, RootModel

from config.api.described import serializer_of
from node_links.canvas.fields import Drawn
from node_links.canvas.shapes import CanvasEdge, Viewport
from spindles.definitions.inputs import InputDefinition, OutputDefinition
from spindles.definitions.nodes import StepNode, TriggerNode
from spindles.definitions.rewriting import TriggerDefinition
from spindles.definitions.steps import StepDefinition


class SpindleNode(RootModel[Annotated[StepNode | TriggerNode, Field(discriminator="type")]]):
    """A step or a trigger; other keys are kept. `data.kind` is the kind of step."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "position", "data"]})


class SpindleCanvas(Drawn):
    """A React Flow document; other keys are kept."""

    nodes: list[SpindleNode] = []
    edges: list[CanvasEdge] = []
    viewport: Viewport | None = Viewport()


SpindleNodeSerializer = serializer_of(SpindleNode)
SpindleCanvasSerializer = serializer_of(SpindleCanvas)
StepDefinitionSerializer = serializer_of(StepDefinition)
InputDefinitionSerializer = serializer_of(InputDefinition)
OutputDefinitionSerializer = serializer_of(OutputDefinition)
TriggerDefinitionSerializer = serializer_of(TriggerDefinition)
