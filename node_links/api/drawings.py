"""What drawings of all features have in common, for the description of the API."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from rest_framework import serializers

from config.api.described import serializer_of
from config.api.serializers import Serializer
from node_links.canvas.fields import Drawn
from node_links.canvas.shapes import CanvasEdge, CanvasPosition, Viewport

N = TypeVar("N", bound=BaseModel)
NODE = ConfigDict(json_schema_extra={"required": ["type", "position", "data"]})
"""Of a choice between kinds of nodes: what all kinds need, whichever it is."""


class CanvasDocument(Drawn, Generic[N]):
    """A React Flow document of nodes of these kinds; other keys are kept."""

    nodes: list[N] = []
    edges: list[CanvasEdge] = []
    viewport: Viewport | None = Viewport()


CanvasEdgeSerializer = serializer_of(CanvasEdge)


class CanvasNodeChangeSerializer(Serializer):
    """What of a node is to be another; keys of `data` merge."""

    position = serializer_of(CanvasPosition)(required=False)
    parentId = serializers.CharField(required=False, max_length=255)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # React Flow's


class CanvasEdgeChangeSerializer(Serializer):
    """What of an edge is to be another."""

    source = serializers.CharField(  # type: ignore[assignment]  # React Flow's
        max_length=255, required=False
    )
    target = serializers.CharField(max_length=255, required=False)
    sourceHandle = serializers.CharField(required=False, allow_null=True)
    targetHandle = serializers.CharField(required=False, allow_null=True)
