"""What people send to control runs."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from spindles.api.executions.serializers import SourceSerializer
from spindles.choices import Environment, ReplayMode
from spindles.models import ExecutionSnapshot, ExecutionStep
from spindles.runs.descendants import source_as_json
from spindles.services.human_tasks import DECISIONS

MAX_REASON = 2000


class ControlReasonSerializer(Serializer):
    """Why."""

    reason = serializers.CharField(
        max_length=MAX_REASON, required=False, default="", allow_blank=True
    )


class ResumeSerializer(Serializer):
    """From where, and what to do with failed steps."""

    snapshot = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    skip_failed_steps = serializers.BooleanField(required=False, default=False)


class RetrySerializer(Serializer):
    """From which step, with which inputs (only with a step), on which version."""

    from_step = serializers.CharField(max_length=300, required=False, allow_null=True)
    inputs = serializers.DictField(required=False, allow_null=True)
    version = serializers.CharField(max_length=50, required=False, allow_null=True)


class ReplaySerializer(Serializer):
    """Which steps run again, and whether what they do outside is meant."""

    mode = serializers.ChoiceField(ReplayMode.choices, default=ReplayMode.FULL)
    start_from_step = serializers.CharField(max_length=300, required=False, allow_null=True)
    live = serializers.BooleanField(required=False, default=False)


class SnapshotSerializer(ModelSerializer[ExecutionSnapshot]):
    """Where a run stood: its steps by state, and how many percent of them had settled."""

    class Meta:
        model = ExecutionSnapshot
        fields: tuple[str, ...] = (
            *("number", "type", "status", "step_id", "percent", "completed", "pending"),
            *("failed", "skipped", "budget", "created_at", "restored_at"),
        )
        read_only_fields = fields


class SnapshotContentSerializer(SnapshotSerializer):
    """A snapshot with the state and output of each step, and the inputs."""

    content = serializers.DictField(read_only=True)

    class Meta(SnapshotSerializer.Meta):
        fields = (*SnapshotSerializer.Meta.fields, "content")
        read_only_fields = fields


class CompleteSerializer(Serializer):
    """A decision with a comment, or a form that is filled in."""

    decision = serializers.ChoiceField(DECISIONS, required=False)
    comment = serializers.CharField(
        max_length=MAX_REASON, required=False, default="", allow_blank=True
    )
    output = serializers.JSONField(required=False, allow_null=True)


class AssignSerializer(Serializer):
    """Ids or e-mail addresses of members, or roles."""

    assignees = serializers.ListField(
        child=serializers.CharField(max_length=254), min_length=1, max_length=50
    )


class TaskSerializer(Serializer):
    """An open task: what is asked, until when, and of which run it is a step."""

    execution_id = serializers.UUIDField()
    step_id = serializers.CharField()
    name = serializers.CharField()
    title = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    mode = serializers.SerializerMethodField()
    schema = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    assignees = serializers.SerializerMethodField()
    on_reject = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField(source="wait_until", allow_null=True)
    waiting_since = serializers.DateTimeField(source="started_at", allow_null=True)
    environment = serializers.ChoiceField(Environment.choices, source="execution.environment")
    locals()["source"] = serializers.SerializerMethodField()

    def get_title(self, row: ExecutionStep) -> str:
        """Return what is to be done."""
        return str(row.wait.get("title", ""))

    def get_description(self, row: ExecutionStep) -> str:
        """Return more of it, in Markdown."""
        return str(row.wait.get("description", ""))

    @extend_schema_field({"type": "string", "enum": ["approve", "form"]})
    def get_mode(self, row: ExecutionStep) -> str:
        """Return whether a decision or a form is asked for."""
        return str(row.wait.get("mode", "approve"))

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_schema(self, row: ExecutionStep) -> Any:
        """Return the JSON schema of the form."""
        return row.wait.get("schema", {})

    @extend_schema_field({})
    def get_proposal(self, row: ExecutionStep) -> Any:
        """Return what is proposed."""
        return row.wait.get("proposal")

    def get_assignees(self, row: ExecutionStep) -> list[str]:
        """Return who is asked."""
        return list(row.wait.get("assignees", ()))

    @extend_schema_field({"type": "string", "enum": ["fail", "continue"]})
    def get_on_reject(self, row: ExecutionStep) -> str:
        """Return what a rejection does to the step."""
        return str(row.wait.get("on_reject", "fail"))

    @extend_schema_field(SourceSerializer)
    def get_source(self, row: ExecutionStep) -> dict[str, Any]:
        """Return what runs."""
        return source_as_json(row.execution)
