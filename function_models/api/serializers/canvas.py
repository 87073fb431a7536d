"""Drawings for the description of the API; `function_models.canvas` reads and checks them."""

from rest_framework import serializers

from config.api.serializers import Serializer
from function_models.canvas.document import KINDS


class DrawnPositionSerializer(Serializer):
    """Where a node stands; an action is seen from its container's corner."""

    x = serializers.FloatField(min_value=-10_000, max_value=10_000)
    y = serializers.FloatField(min_value=-10_000, max_value=10_000)


class DrawnNodeSerializer(Serializer):
    """A container, or with `parentId` an action inside one; other keys are kept."""

    id = serializers.CharField(required=False, max_length=255)
    type = serializers.ChoiceField(choices=list(KINDS))
    position = DrawnPositionSerializer()
    parentId = serializers.CharField(required=False, max_length=255)
    data = serializers.DictField()  # type: ignore[assignment]  # React Flow's own name


class DrawnNodeChangeSerializer(Serializer):
    """What of a node is to be another; keys of `data` merge."""

    type = serializers.ChoiceField(choices=list(KINDS), required=False)
    position = DrawnPositionSerializer(required=False)
    parentId = serializers.CharField(required=False, max_length=255)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # React Flow's


class DrawnEdgeSerializer(Serializer):
    """An edge: `target` depends on `source`, both containers; other keys are kept."""

    id = serializers.CharField(required=False, max_length=255)
    source = serializers.CharField(max_length=255)  # type: ignore[assignment]  # React Flow's
    target = serializers.CharField(max_length=255)
    sourceHandle = serializers.CharField(required=False, allow_null=True)
    targetHandle = serializers.CharField(required=False, allow_null=True)


class DrawnEdgeChangeSerializer(Serializer):
    """What of an edge is to be another."""

    source = serializers.CharField(  # type: ignore[assignment]  # React Flow's
        max_length=255, required=False
    )
    target = serializers.CharField(max_length=255, required=False)
    sourceHandle = serializers.CharField(required=False, allow_null=True)
    targetHandle = serializers.CharField(required=False, allow_null=True)


class DrawnViewportSerializer(Serializer):
    """Which part of the plane the editor shows."""

    x = serializers.FloatField(default=0)
    y = serializers.FloatField(default=0)
    zoom = serializers.FloatField(default=1)


class CanvasSerializer(Serializer):
    """A React Flow document; other keys are kept."""

    nodes = DrawnNodeSerializer(many=True, required=False)
    edges = DrawnEdgeSerializer(many=True, required=False)
    viewport = DrawnViewportSerializer(required=False)
