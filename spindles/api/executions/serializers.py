"""Runs as answers show them."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, extend_schema_field
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from spindles.choices import Environment, ExecutionStatus, ReplayMode, TriggerKind
from spindles.models import Execution, ExecutionLog
from spindles.registry.runnables import runnables
from spindles.runs.descendants import Descendant, source_as_json

_TRIGGER = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": TriggerKind.values}},
    "additionalProperties": True,
}


class SourceSerializer(Serializer):
    """What runs, and in which version."""

    feature = serializers.CharField()
    entity_id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField(allow_null=True)
    version = serializers.CharField()
    is_draft = serializers.BooleanField()


class ProgressSerializer(Serializer):
    """How many steps have settled, of how many."""

    completed = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.FloatField()


class FailureSerializer(Serializer):
    """Why something failed; `step_ids` names the failed steps, in declaration order."""

    code = serializers.CharField()
    message = serializers.CharField()
    category = serializers.CharField()
    severity = serializers.CharField()
    retryable = serializers.BooleanField()
    retry_after = serializers.FloatField(allow_null=True, required=False)
    step_ids = serializers.ListField(child=serializers.CharField(), required=False)
    details = serializers.DictField(required=False)
    correlation_id = serializers.CharField(allow_null=True, required=False)


@extend_schema_field(FailureSerializer(allow_null=True))
class FailureField(serializers.JSONField):
    """Why something failed, as it was stored."""


class ChildSerializer(Serializer):
    """A run that another one started; `children` are those that it started itself."""

    id = serializers.UUIDField()
    parent_id = serializers.UUIDField()
    step_id = serializers.CharField(allow_null=True)
    # The framework's fields have an attribute of that name.
    locals()["source"] = SourceSerializer()
    status = serializers.ChoiceField(ExecutionStatus.choices)
    progress = ProgressSerializer()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)
    children = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Child"}})
    def get_children(self, row: Descendant) -> list[dict[str, Any]]:
        """Return the runs that this one started."""
        return [dict(one) for one in ChildSerializer(row.children, many=True).data]


class ExecutionListSerializer(ModelSerializer[Execution]):
    """A run without what can be large: its inputs and outputs."""

    locals()["source"] = serializers.SerializerMethodField()
    plan_checksum = serializers.CharField(read_only=True)
    status_reason = serializers.SerializerMethodField()
    error = FailureField(read_only=True)
    progress = ProgressSerializer(read_only=True)
    started_by = serializers.UUIDField(source="started_by_id", read_only=True, allow_null=True)
    trigger = serializers.SerializerMethodField()
    parent_id = serializers.UUIDField(read_only=True, allow_null=True)
    retry_of = serializers.UUIDField(source="retry_of_id", read_only=True, allow_null=True)
    replay_of = serializers.UUIDField(source="replay_of_id", read_only=True, allow_null=True)
    replay_mode = serializers.ChoiceField(ReplayMode.choices, read_only=True, allow_null=True)
    environment = serializers.ChoiceField(Environment.choices, read_only=True)
    match_percent = serializers.FloatField(read_only=True, allow_null=True)
    duration_seconds = serializers.FloatField(read_only=True, allow_null=True)
    worker = serializers.SerializerMethodField()

    class Meta:
        model = Execution
        fields: tuple[str, ...] = (
            *("id", "source", "plan_checksum", "environment", "status", "status_reason"),
            *("priority", "error", "progress", "started_by", "trigger", "correlation_id"),
            *("session_id", "parent_id", "parent_step_id", "depth", "retry_of", "replay_of"),
            *("replay_mode", "replay_live", "match_percent", "budget_id", "cost_usd", "worker"),
            *("created_at", "started_at", "completed_at", "duration_seconds", "revision"),
        )
        read_only_fields = fields

    @extend_schema_field(SourceSerializer)
    def get_source(self, row: Execution) -> dict[str, Any]:
        """Return what runs."""
        return source_as_json(row)

    def get_status_reason(self, row: Execution) -> str | None:
        """Return why it stands there, where there is more to say than the state."""
        return row.status_reason or None

    def get_worker(self, row: Execution) -> str | None:
        """Return who worked on it last."""
        return row.worker or None

    @extend_schema_field(_TRIGGER)
    def get_trigger(self, row: Execution) -> dict[str, Any]:
        """Return what started it, with what the trigger brought along."""
        return {**row.trigger, "kind": row.trigger_kind}


class DivergenceSerializer(Serializer):
    """A step that put out something else in the replay: SHA-256 of both outputs."""

    step_id = serializers.CharField()
    recorded = serializers.CharField(allow_null=True)
    replayed = serializers.CharField(allow_null=True)


class ExecutionSerializer(ExecutionListSerializer):
    """A run with what was asked, what came of it, and the runs that it started.

    What the feature tells of a run besides stands beside these fields: of a function model
    `completed_nodes`, `failed_nodes`, `skipped_nodes`, `node_results` and `summary`.
    """

    inputs = serializers.DictField(read_only=True)
    outputs = serializers.DictField(read_only=True)
    divergences = DivergenceSerializer(many=True, read_only=True, allow_null=True)
    children = serializers.SerializerMethodField()

    class Meta(ExecutionListSerializer.Meta):
        fields = (*ExecutionListSerializer.Meta.fields, "inputs", "outputs", "divergences",
                  "children")  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ChildSerializer(many=True))
    def get_children(self, row: Execution) -> list[dict[str, Any]]:
        """Return the runs below this one, which the view has read."""
        shown = ChildSerializer(self.context.get("children", []), many=True).data
        return [dict(one) for one in shown]


class ExecutionExtension(OpenApiSerializerExtension):
    """Describes what features tell of their runs besides; only their own runs have it."""

    target_class = ExecutionSerializer

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        """Return the description of a run, with the members of all features."""
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        schema["properties"] |= runnables.told()
        return schema


class LogSerializer(ModelSerializer[ExecutionLog]):
    """One line of the log."""

    locals()["data"] = serializers.DictField(read_only=True)

    class Meta:
        model = ExecutionLog
        fields = ("at", "level", "step_id", "attempt", "message", "data")
        read_only_fields = fields
