"""Definitions: steps, drawings, figures, kinds of steps."""

from rest_framework import serializers

from config.api.serializers import Serializer
from spindles.api.serializers.fields import StepsField
from spindles.api.serializers.spindles import SpindleProblemSerializer
from spindles.choices import StepNodeType


class RetryPolicySerializer(Serializer):
    """When a failed step is tried again; waits in seconds."""

    enabled = serializers.BooleanField()
    max_attempts = serializers.IntegerField()
    strategy = serializers.ChoiceField(choices=["immediate", "linear", "exponential"])
    base_delay = serializers.FloatField()
    max_delay = serializers.FloatField()
    multiplier = serializers.FloatField()
    jitter = serializers.FloatField()


class StepSerializer(Serializer):
    """A step; `depends_on` holds ids, or `gate:name` for one branch of a condition."""

    id = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    params = serializers.DictField()
    condition = serializers.CharField(allow_null=True)
    timeout = serializers.FloatField(help_text="Seconds.")
    retry = RetryPolicySerializer()
    join = serializers.ChoiceField(choices=["all", "any", "all_done"])
    priority = serializers.IntegerField()
    concurrency = serializers.IntegerField(allow_null=True)
    agent_role = serializers.CharField(allow_null=True)
    depends_on = serializers.ListField(child=serializers.CharField())


class StepAnalysisSerializer(Serializer):
    """Figures that follow from the steps alone."""

    order = serializers.ListField(child=serializers.CharField())
    levels = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    roots = serializers.ListField(child=serializers.CharField())
    dependents = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    critical_path = serializers.ListField(child=serializers.CharField())
    estimated_seconds = serializers.FloatField()
    max_parallelism = serializers.IntegerField()


class WriteStepsSerializer(Serializer):
    """The steps that replace those that are there; the rest of what was read is ignored."""

    steps = StepsField()
    analysis = StepAnalysisSerializer(read_only=True)
    problems = SpindleProblemSerializer(many=True, read_only=True)


class DefinitionSerializer(Serializer):
    """The steps of a spindle, their figures, and what keeps it from being published."""

    steps = StepSerializer(many=True)
    analysis = StepAnalysisSerializer()
    problems = SpindleProblemSerializer(many=True)


class StepPlaceSerializer(Serializer):
    """Where a node stands."""

    x = serializers.FloatField(min_value=-10_000, max_value=10_000)
    y = serializers.FloatField(min_value=-10_000, max_value=10_000)


class StepNodeSerializer(Serializer):
    """A step or a trigger; other keys are kept. `data.kind` is the kind of step."""

    id = serializers.CharField(required=False, max_length=255)
    type = serializers.ChoiceField(choices=StepNodeType.choices)
    position = StepPlaceSerializer()
    parentId = serializers.CharField(required=False, max_length=255)
    data = serializers.DictField()  # type: ignore[assignment]  # React Flow's own name


class StepEdgeSerializer(Serializer):
    """An edge: `target` depends on `source`, or on its branch `sourceHandle`."""

    id = serializers.CharField(required=False, max_length=255)
    source = serializers.CharField(max_length=255)  # type: ignore[assignment]  # React Flow's
    target = serializers.CharField(max_length=255)
    sourceHandle = serializers.CharField(required=False, allow_null=True)
    targetHandle = serializers.CharField(required=False, allow_null=True)


class StepNodeChangeSerializer(Serializer):
    """What of a node is to be another; keys of `data` merge."""

    type = serializers.ChoiceField(choices=StepNodeType.choices, required=False)
    position = StepPlaceSerializer(required=False)
    parentId = serializers.CharField(required=False, max_length=255)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # React Flow's


class StepEdgeChangeSerializer(Serializer):
    """What of an edge is to be another."""

    source = serializers.CharField(  # type: ignore[assignment]  # React Flow's
        max_length=255, required=False
    )
    target = serializers.CharField(max_length=255, required=False)
    sourceHandle = serializers.CharField(required=False, allow_null=True)
    targetHandle = serializers.CharField(required=False, allow_null=True)


class StepViewportSerializer(Serializer):
    """Which part of the plane the editor shows."""

    x = serializers.FloatField(default=0)
    y = serializers.FloatField(default=0)
    zoom = serializers.FloatField(default=1)


class SpindleCanvasSerializer(Serializer):
    """A React Flow document; other keys are kept."""

    nodes = StepNodeSerializer(many=True, required=False)
    edges = StepEdgeSerializer(many=True, required=False)
    viewport = StepViewportSerializer(required=False)


class StepKindSerializer(Serializer):
    """A kind of steps, and the JSON Schema of its parameters."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    has_effect = serializers.BooleanField(help_text="It does something outside.")
    params = serializers.DictField()
