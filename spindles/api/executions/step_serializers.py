"""Steps of runs as answers show them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from spindles.api.executions.serializers import FailureField
from spindles.choices import AttemptStatus, SkipReason, StepStatus, WaitKind
from spindles.models import ExecutionAttempt
from spindles.runs.steps import ShownStep


class StepAttemptSerializer(ModelSerializer[ExecutionAttempt]):
    """One try; `response_hash` is the SHA-256 of its output as key-sorted JSON."""

    status = serializers.ChoiceField(AttemptStatus.choices, read_only=True)
    error = FailureField(read_only=True)
    response_hash = serializers.SerializerMethodField()
    worker = serializers.SerializerMethodField()

    class Meta:
        model = ExecutionAttempt
        fields = (
            *("number", "status", "idempotency_key", "worker", "started_at", "duration_ms"),
            *("error", "response_hash", "is_deterministic"),
        )
        read_only_fields = fields

    def get_response_hash(self, row: ExecutionAttempt) -> str | None:
        """Return the hash of its output, once there is one."""
        return row.response_hash or None

    def get_worker(self, row: ExecutionAttempt) -> str | None:
        """Return who made it."""
        return row.worker or None


class StepUseSerializer(Serializer):
    """An entity that the step used or started, in the version named."""

    feature = serializers.CharField()
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(allow_null=True, required=False)
    link_type = serializers.CharField(required=False)
    version = serializers.CharField(allow_null=True, required=False)


@extend_schema_field(StepUseSerializer(many=True))
class StepUsesField(serializers.JSONField):
    """What a step used, as it was stored."""


@extend_schema_serializer(component_name="ExecutionStep")
class StepSerializer(Serializer):
    """A step of a run, with all of its tries.

    `waiting` says what a waiting step waits for. A map has `items`, the first hundred of them, and
    `item_counts` by state; the others are listed by `?item_of=`. `output_omitted` says that the
    output is too large for a list: read the step by itself.
    """

    step_id = serializers.CharField(source="row.step_id")
    kind = serializers.CharField(source="row.kind")
    name = serializers.CharField(source="row.name")
    status = serializers.ChoiceField(StepStatus.choices, source="row.status")
    reason = serializers.ChoiceField(SkipReason.choices, source="row.reason", allow_null=True)
    note = serializers.SerializerMethodField()
    retry_count = serializers.IntegerField(source="row.retry_count")
    output = serializers.JSONField(allow_null=True)
    output_omitted = serializers.BooleanField(source="omitted")
    output_bytes = serializers.IntegerField(source="row.output_bytes")
    output_hash = serializers.SerializerMethodField()
    error = FailureField(source="row.error")
    agent_id = serializers.UUIDField(source="row.agent_id", allow_null=True)
    used = StepUsesField(source="row.used")
    waiting = serializers.SerializerMethodField()
    started_at = serializers.DateTimeField(source="row.started_at", allow_null=True)
    completed_at = serializers.DateTimeField(source="row.completed_at", allow_null=True)
    next_attempt_at = serializers.DateTimeField(source="row.next_attempt_at", allow_null=True)
    attempts = StepAttemptSerializer(many=True)
    item_of = serializers.CharField(source="row.item_of", allow_null=True)
    item_index = serializers.IntegerField(source="row.item_index", allow_null=True)
    item = serializers.JSONField(source="row.item", allow_null=True)
    item_counts = serializers.DictField(child=serializers.IntegerField())
    items = serializers.SerializerMethodField()

    def get_note(self, shown: ShownStep) -> str | None:
        """Return the reason that a person gave."""
        return shown.row.note or None

    def get_output_hash(self, shown: ShownStep) -> str | None:
        """Return the SHA-256 of the output as key-sorted JSON."""
        return shown.row.output_hash or None

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "properties": {
                "kind": {"type": "string", "enum": WaitKind.values},
                "until": {"type": ["string", "null"], "format": "date-time"},
                "event_type": {"type": ["string", "null"]},
                "execution_id": {"type": ["string", "null"], "format": "uuid"},
                "title": {"type": "string"},
                "assignees": {"type": "array", "items": {"type": "string"}},
            },
            "additionalProperties": True,
        }
    )
    def get_waiting(self, shown: ShownStep) -> dict[str, Any] | None:
        """Return what a waiting step waits for, and until when."""
        row = shown.row
        if row.wait_kind is None or row.status != StepStatus.WAITING:
            return None
        told = row.wait if row.wait_kind in (WaitKind.PERSON, WaitKind.EVENT) else {}
        return {
            **told,
            "kind": row.wait_kind,
            "until": row.wait_until,
            "event_type": row.wait_event,
            "execution_id": row.wait_child,
        }

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/ExecutionStep"}})
    def get_items(self, shown: ShownStep) -> list[dict[str, Any]]:
        """Return the first items of a map."""
        return [dict(one) for one in StepSerializer(shown.items, many=True).data]
