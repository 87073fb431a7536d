"""Function models: the working copy, in full, in lists, and as it is created."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from function_models import limits
from function_models.choices import ComplexityLevel
from function_models.models import FunctionModel
from node_links.api.fields import WordsField, checked_permissions

DRAWING = ("nodes_data", "edges_data", "viewport_data")


def name_field(**options: Any) -> serializers.CharField:
    """Return the field of a model's name."""
    shortest, longest = limits.NAME_LENGTH
    return serializers.CharField(
        min_length=shortest, max_length=longest, help_text=limits.NAME_HELP, **options
    )


def check_name(value: str) -> str:
    """Return the name. Raises `ValidationError` (`name_charset`)."""
    if not limits.NAME_PATTERN.match(value):
        raise serializers.ValidationError(limits.NAME_HELP, code="name_charset")
    return value


class TagsField(WordsField):
    """Tags, unique whatever their case; the first spelling stays."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a list field takes."""
        super().__init__(longest=limits.MAX_TAG, most=limits.MAX_TAGS, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the tags without repetition."""
        return limits.unique_tags(super().to_internal_value(data))


class OptionalText(serializers.CharField):
    """A text that may be absent; an empty one is none."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what a text field takes."""
        super().__init__(required=False, allow_null=True, allow_blank=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text, or None."""
        return super().run_validation(data) or None


class TemplateField(serializers.UUIDField):
    """The id of a model."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the id; a blank one is told as such."""
        if isinstance(data, str) and not data.strip():
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        return super().to_internal_value(data)


class FunctionModelSerializer(ModelSerializer[FunctionModel]):
    """A function model: the working copy, with the number of the version that is live.

    The drawing is changed below `canvas/`, `nodes/` and `edges/`. Durations are seconds.
    """

    name = name_field(validators=[check_name])
    description = OptionalText(max_length=limits.MAX_DESCRIPTION)
    process_type = OptionalText(max_length=limits.MAX_PROCESS_TYPE)
    complexity_level = serializers.ChoiceField(
        choices=ComplexityLevel.choices, required=False, allow_null=True
    )
    estimated_duration = serializers.IntegerField(
        min_value=0, max_value=limits.MAX_SECONDS, required=False, allow_null=True
    )
    tags = TagsField(required=False)
    metadata = serializers.DictField(required=False)
    ai_agent_config = serializers.DictField(required=False)
    permissions = serializers.DictField(required=False)
    owner = serializers.UUIDField(source="owner_id", read_only=True)
    current_version = serializers.CharField(read_only=True)
    nodes_data = serializers.ListField(child=serializers.DictField(), read_only=True)
    edges_data = serializers.ListField(child=serializers.DictField(), read_only=True)
    viewport_data = serializers.DictField(read_only=True)
    archived_by = serializers.UUIDField(source="archived_by_id", read_only=True, allow_null=True)
    deleted_by = serializers.UUIDField(source="deleted_by_id", read_only=True, allow_null=True)

    class Meta:
        model = FunctionModel
        fields: tuple[str, ...] = (
            "id",
            "name",
            "description",
            "process_type",
            "complexity_level",
            "estimated_duration",
            "tags",
            "metadata",
            "ai_agent_config",
            "permissions",
            "owner",
            "version",
            "current_version",
            "published_version",
            "version_count",
            "status",
            *DRAWING,
            "revision",
            "created_at",
            "updated_at",
            "last_saved_at",
            "archived_at",
            "archived_by",
            "archive_reason",
            "deleted_at",
            "deleted_by",
            "deletion_reason",
            "retention_days",
            "review_at",
            "hard_delete_at",
        )
        read_only_fields = tuple(
            name
            for name in fields
            if name
            not in {
                "name",
                "description",
                "process_type",
                "complexity_level",
                "estimated_duration",
                "tags",
                "metadata",
                "ai_agent_config",
                "permissions",
            }
        )

    def validate_permissions(self, value: dict[str, Any]) -> dict[str, Any]:
        """Check that the lists hold members, so that it is told beside the other violations."""
        owner_id = self.instance.owner_id if self.instance else None
        actor = self.context["view"].actor
        return checked_permissions(actor, value, owner_id=owner_id or actor.user_id)


class FunctionModelListSerializer(FunctionModelSerializer):
    """A model in a list: everything but its drawing."""

    class Meta(FunctionModelSerializer.Meta):
        fields = tuple(n for n in FunctionModelSerializer.Meta.fields if n not in DRAWING)


class FunctionModelCreateSerializer(FunctionModelSerializer):
    """A new model; `template_id` names one whose drawing is copied (live, else draft)."""

    template_id = TemplateField(required=False, allow_null=True, write_only=True)

    class Meta(FunctionModelSerializer.Meta):
        fields = (*FunctionModelSerializer.Meta.fields, "template_id")


class DuplicateSerializer(Serializer):
    """Under which name a copy is made."""

    name = name_field(validators=[check_name])
