"""Definitions for the description of the API: told by the types that read them."""

from typing import Annotated

from pydantic import Field, RootModel

from config.api.described import serializer_of
from node_links.api.drawings import NODE, CanvasDocument
from spindles.definitions.inputs import InputDefinition, OutputDefinition
from spindles.definitions.nodes import StepNode, TriggerNode
from spindles.definitions.rewriting import TriggerDefinition
from spindles.definitions.steps import StepDefinition


class SpindleNode(RootModel[Annotated[StepNode | TriggerNode, Field(discriminator="type")]]):
    """A step or a trigger; other keys are kept. `data.kind` is the kind of step."""

    model_config = NODE


class SpindleCanvas(CanvasDocument[SpindleNode]):
    """A React Flow document; other keys are kept."""


SpindleNodeSerializer = serializer_of(SpindleNode)
SpindleCanvasSerializer = serializer_of(SpindleCanvas)
StepDefinitionSerializer = serializer_of(StepDefinition)
InputDefinitionSerializer = serializer_of(InputDefinition)
OutputDefinitionSerializer = serializer_of(OutputDefinition)
TriggerDefinitionSerializer = serializer_of(TriggerDefinition)
