"""Drawings for the description of the API: the types of `function_models.canvas` that read them."""

from typing import Annotated

from pydantic import Field, RootModel
from rest_framework import serializers

from config.api.described import serializer_of
from function_models.canvas.document import KINDS
from function_models.canvas.nodes import Action, Container
from node_links.api.drawings import NODE, CanvasDocument, CanvasNodeChangeSerializer


class DrawnNode(RootModel[Annotated[Container | Action, Field(discriminator="type")]]):
    """A container, or with `parentId` an action inside one; other keys are kept."""

    model_config = NODE


class Canvas(CanvasDocument[DrawnNode]):
    """A React Flow document; other keys are kept."""


DrawnNodeSerializer = serializer_of(DrawnNode)
CanvasSerializer = serializer_of(Canvas)


class DrawnNodeChangeSerializer(CanvasNodeChangeSerializer):
    """What of a node is to be another; keys of `data` merge."""

    type = serializers.ChoiceField(choices=list(KINDS), required=False)
