"""Deprecating, archiving, and versions of spindles."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.api.versions.serializers import VersionContentSerializer, VersionSerializer
from spindles.definitions import limits
from spindles.models import SpindleVersion

SUPERSEDED = "superseded"


class ReasonSerializer(Serializer):
    """Why."""

    reason = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=limits.MAX_REASON, default=""
    )

    def validate_reason(self, value: str | None) -> str:
        """Return the reason; none is an empty one."""
        return value or ""


class DeprecateSerializer(ReasonSerializer):
    """Why, and which spindle to use instead."""

    replaced_by = serializers.UUIDField(required=False, allow_null=True, default=None)


def _state_of(version: SpindleVersion, context: Mapping[str, Any]) -> str:
    spindle = context["entity"]
    live = version.version == spindle.published_version
    return str(spindle.live_status) if live else SUPERSEDED


class SpindleVersionSerializer(VersionSerializer):
    """A published version; `status` is the live status, or superseded."""

    status = serializers.SerializerMethodField()

    def get_status(self, version: SpindleVersion) -> str:
        """The state of the live version, or superseded."""
        return _state_of(version, self.context)


class SpindleVersionContentSerializer(VersionContentSerializer):
    """A published version with everything it keeps."""

    status = serializers.SerializerMethodField()

    def get_status(self, version: SpindleVersion) -> str:
        """The state of the live version, or superseded."""
        return _state_of(version, self.context)


class ModifiedStepSerializer(Serializer):
    """A step that says something else, `{key: {old, new}}`."""

    id = serializers.CharField()
    changes = serializers.DictField()


class StepChangesSerializer(Serializer):
    """Steps that came and went, and those that changed."""

    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    modified = ModifiedStepSerializer(many=True)


class EdgeChangesSerializer(Serializer):
    """Edges that came and went."""

    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())


class StepCountsSerializer(Serializer):
    """How many steps."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    modified = serializers.IntegerField()
    moved = serializers.IntegerField()


class SpindleComparisonSerializer(Serializer):
    """What differs in meaning between two versions; where a step is drawn is told apart."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Declare the fields here: `from` is a word of Python."""
        return {
            "from": serializers.CharField(),
            "to": serializers.CharField(),
            "steps": StepChangesSerializer(),
            "edges": EdgeChangesSerializer(),
            "fields": serializers.DictField(),
            "metadata": serializers.DictField(),
            "moved": serializers.ListField(child=serializers.CharField()),
            "summary": StepCountsSerializer(),
        }
