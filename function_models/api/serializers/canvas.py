"""Drawings for the description of the API: the types of `function_models.canvas` that read them."""

from typing import Annotated

from pydantic import ConfigDict, Field, RootModel
from rest_framework import serializers

from config.api.described import serializer_of
from function_models.canvas.document import KINDS
from function_models.canvas.nodes import Action, Container
from node_links.api.drawings import CanvasNodeChangeSerializer
from node_links.canvas.fields import Drawn
from node_links.canvas.shapes import CanvasEdge, Viewport


class DrawnNode(RootModel[Annotated[Container | Action, Field(discriminator="type")]]):
    """A container, or with `parentId` an action inside one; other keys are kept."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "position", "data"]})


class Canvas(Drawn):
    """A React Flow document; other keys are kept."""

    nodes: list[DrawnNode] = []
    edges: list[CanvasEdge] = []
    viewport: Viewport | None = Viewport()


DrawnNodeSerializer = serializer_of(DrawnNode)
CanvasSerializer = serializer_of(Canvas)


class DrawnNodeChangeSerializer(CanvasNodeChangeSerializer):
    """What of a node is to be another; keys of `data` merge."""

    type = serializers.ChoiceField(choices=list(KINDS), required=False)
