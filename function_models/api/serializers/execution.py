"""Shapes of runs of models: what is asked, what a dry run answers."""

from rest_framework import serializers

from config.api.serializers import Serializer
from function_models.api.serializers.findings import FindingSerializer
from function_models.compiling.actions import PHASES
from spindles.choices import Environment

MAX_DEPTH = 20


class ExecuteModelSerializer(Serializer):
    """What is to run, and with what."""

    inputs = serializers.DictField(
        required=False, default=dict, help_text="Checked against the contracts of the inputs."
    )
    version = serializers.CharField(
        required=False,
        allow_null=True,
        default=None,
        max_length=50,
        help_text="`x.y.z`, or `draft`; the live one without it.",
    )
    environment = serializers.ChoiceField(
        Environment.choices, required=False, default=Environment.PRODUCTION
    )
    dry_run = serializers.BooleanField(required=False, default=False)
    max_depth = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=MAX_DEPTH,
        help_text="How many levels of models may nest, this one included; ten at most.",
    )
    session_id = serializers.CharField(
        required=False,
        allow_null=True,
        default=None,
        max_length=128,
        help_text="Runs with the same one share the contexts of that scope.",
    )


class ForetoldActionSerializer(Serializer):
    """An action in a dry run; `retry_delays` are the waits between its attempts, in seconds."""

    node_id = serializers.CharField()
    parent_id = serializers.CharField()
    phase = serializers.ChoiceField(PHASES)
    execution_order = serializers.IntegerField()
    retry_delays = serializers.ListField(child=serializers.FloatField())


class DryRunSerializer(Serializer):
    """What a run would do; nothing was stored or called."""

    id = serializers.CharField(help_text="Begins with `dry-run-`.")
    dry_run = serializers.BooleanField()
    runnable = serializers.BooleanField(help_text="Whether nothing in `problems` blocks it.")
    version = serializers.CharField()
    environment = serializers.ChoiceField(Environment.choices)
    node_count = serializers.IntegerField()
    estimated_seconds = serializers.IntegerField()
    order = serializers.ListField(child=serializers.CharField())
    levels = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    parallel_levels = serializers.ListField(child=serializers.IntegerField())
    critical_path = serializers.ListField(child=serializers.CharField())
    nested_levels = serializers.IntegerField()
    actions = ForetoldActionSerializer(many=True)
    problems = FindingSerializer(many=True)
    inputs = serializers.DictField()
