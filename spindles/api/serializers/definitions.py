"""Definitions: steps, drawings, figures, kinds of steps."""

from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.api.drawings import CanvasNodeChangeSerializer
from spindles.api.serializers.fields import StepsField
from spindles.api.serializers.shapes import StepDefinitionSerializer
from spindles.api.serializers.spindles import SpindleProblemSerializer
from spindles.choices import StepNodeType


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

    steps = StepDefinitionSerializer(many=True)
    analysis = StepAnalysisSerializer()
    problems = SpindleProblemSerializer(many=True)


class SpindleNodeChangeSerializer(CanvasNodeChangeSerializer):
    """What of a node is to be another; keys of `data` merge."""

    type = serializers.ChoiceField(choices=StepNodeType.choices, required=False)


class StepKindSerializer(Serializer):
    """A kind of steps, and the JSON Schema of its parameters."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    has_effect = serializers.BooleanField(help_text="It does something outside.")
    params = serializers.DictField()
