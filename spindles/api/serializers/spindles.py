"""Spindles: the working copy, in full, in lists, and as it is created."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from node_links.api.fields import checked_permissions
from spindles.api.serializers.fields import (
    CanvasField,
    InputsField,
    OptionalText,
    OutputsField,
    StepsField,
    TagsField,
    TriggersField,
)
from spindles.choices import SpindleStatus
from spindles.definitions import limits
from spindles.models import Spindle

DRAWING = ("nodes_data", "edges_data", "viewport_data")
WRITABLE = (
    "slug",
    "name",
    "description",
    "spindle_type",
    "complexity_level",
    "inputs",
    "outputs",
    "triggers",
    "max_concurrency",
    "timeout",
    "tags",
    "metadata",
    "permissions",
)
VIEWS = ("steps", "canvas")
"""Two ways to write the same: what is drawn."""


class SpindleProblemSerializer(Serializer):
    """What keeps a spindle from being published; `pointer` leads into `{steps, outputs}`."""

    code = serializers.CharField()
    step_id = serializers.CharField(allow_null=True)
    pointer = serializers.CharField()
    message = serializers.CharField()


class SpindleSerializer(ModelSerializer[Spindle]):
    """A spindle: the working copy, with the number and the state of the version that is live.

    `steps` and `canvas` are two views of one definition; writing either replaces both. They are
    read below `steps/` and `canvas/`. Durations are seconds.
    """

    slug = serializers.RegexField(
        limits.SLUG,
        max_length=limits.MAX_SLUG,
        required=False,
        help_text="Made from the name where it is absent; it never changes.",
    )
    name = serializers.CharField(max_length=limits.MAX_NAME)
    description = OptionalText(max_length=limits.MAX_DESCRIPTION)
    spindle_type = OptionalText(max_length=50)
    complexity_level = OptionalText(max_length=20)
    inputs = InputsField(required=False)
    outputs = OutputsField(required=False, allow_null=True)
    triggers = TriggersField(required=False)
    max_concurrency = serializers.IntegerField(
        min_value=1, max_value=limits.MAX_CONCURRENCY, required=False, allow_null=True
    )
    timeout = serializers.FloatField(
        min_value=1, max_value=limits.MAX_RUN_SECONDS, required=False, allow_null=True
    )
    tags = TagsField(required=False)
    metadata = serializers.DictField(required=False)
    permissions = serializers.DictField(required=False)
    steps = StepsField(required=False, write_only=True)
    canvas = CanvasField(required=False, write_only=True)
    status = serializers.ChoiceField(choices=SpindleStatus.choices, read_only=True)
    live_status = serializers.ChoiceField(
        choices=SpindleStatus.choices, read_only=True, allow_null=True
    )
    owner = serializers.UUIDField(source="owner_id", read_only=True)
    nodes_data = serializers.ListField(child=serializers.DictField(), read_only=True)
    edges_data = serializers.ListField(child=serializers.DictField(), read_only=True)
    viewport_data = serializers.DictField(read_only=True)
    replaced_by = serializers.UUIDField(source="replaced_by_id", read_only=True, allow_null=True)
    deleted_by = serializers.UUIDField(source="deleted_by_id", read_only=True, allow_null=True)

    class Meta:
        model = Spindle
        fields: tuple[str, ...] = (
            "id",
            *WRITABLE,
            *VIEWS,
            "owner",
            "version",
            "current_version",
            "published_version",
            "version_count",
            "status",
            "live_status",
            *DRAWING,
            "revision",
            "created_at",
            "updated_at",
            "deprecation_reason",
            "replaced_by",
            "archived_at",
            "archive_reason",
            "deleted_at",
            "deleted_by",
            "deletion_reason",
        )
        read_only_fields = tuple(
            name for name in fields if name not in WRITABLE and name not in VIEWS
        )
        immutable_fields = ("slug",)

    def validate_permissions(self, value: dict[str, Any]) -> dict[str, Any]:
        """Check that the lists hold members, so that it is told beside the other violations."""
        owner_id = self.instance.owner_id if self.instance else None
        actor = self.context["view"].actor
        return checked_permissions(actor, value, owner_id=owner_id or actor.user_id)


class SpindleListSerializer(SpindleSerializer):
    """A spindle in a list: everything but its drawing."""

    class Meta(SpindleSerializer.Meta):
        fields = tuple(
            name for name in SpindleSerializer.Meta.fields if name not in (*DRAWING, *VIEWS)
        )


class SpindleCreateSerializer(SpindleSerializer):
    """A new spindle; one brought from elsewhere may keep its number."""

    version = serializers.CharField(required=False)

    class Meta(SpindleSerializer.Meta):
        read_only_fields = tuple(
            name for name in SpindleSerializer.Meta.read_only_fields if name != "version"
        )


class SpindleWrittenSerializer(SpindleSerializer):
    """A spindle as it was just written, with what keeps it from being published."""

    problems = SpindleProblemSerializer(many=True, read_only=True)

    class Meta(SpindleSerializer.Meta):
        fields = (*SpindleSerializer.Meta.fields, "problems")
