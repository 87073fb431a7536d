"""SOPs: the working copy, in full, in lists, and as it is changed."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from knowledge_base.models import MAX_CONTENT_BYTES, Sop
from knowledge_base.sources.record import MAX_AUDIENCE_LENGTH
from node_links.api.fields import WordsField, checked_permissions
from node_links.choices import Bump, FeatureType

OPTIONAL = ("summary", "category", "author", "complexity", "audience")
LINKED = {
    "linked_function_models": FeatureType.FUNCTION_MODEL,
    "linked_event_storms": FeatureType.EVENT_STORM,
    "linked_spindles": FeatureType.SPINDLE,
}


class PositionSerializer(Serializer):
    """A place in a picture."""

    x = serializers.FloatField(min_value=-10_000, max_value=10_000)
    y = serializers.FloatField(min_value=-10_000, max_value=10_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse half a place: a change of the SOP's other fields leaves out all of it."""
        missing = [name for name in ("x", "y") if name not in attrs]
        if missing:
            required = serializers.ErrorDetail("This field is required.", "required")
            raise serializers.ValidationError({name: [required] for name in missing})
        return attrs


class SopSerializer(ModelSerializer[Sop]):
    """An SOP: the working copy, with the number of the version that is live."""

    title = serializers.CharField(max_length=255)
    content = serializers.CharField(trim_whitespace=False)
    summary = serializers.CharField(
        max_length=2000, required=False, allow_null=True, allow_blank=True
    )
    tags = WordsField(required=False)
    search_keywords = WordsField(required=False, lower=True)
    aliases = WordsField(required=False, longest=255)
    audience = serializers.CharField(
        max_length=MAX_AUDIENCE_LENGTH, required=False, allow_null=True, allow_blank=True
    )
    prerequisites = serializers.ListField(
        child=serializers.UUIDField(), max_length=50, required=False
    )
    node_position = PositionSerializer(required=False)
    node_metadata = serializers.DictField(required=False)
    metadata = serializers.DictField(required=False)
    permissions = serializers.DictField(required=False)
    owner = serializers.UUIDField(source="owner_id", read_only=True, allow_null=True)
    linked_function_models = serializers.SerializerMethodField()
    linked_event_storms = serializers.SerializerMethodField()
    linked_spindles = serializers.SerializerMethodField()

    class Meta:
        model = Sop
        fields: tuple[str, ...] = (
            "id",
            "title",
            "summary",
            "content",
            "category",
            "author",
            "tags",
            "search_keywords",
            "aliases",
            "content_type",
            "complexity",
            "audience",
            "prerequisites",
            "searchable",
            "review_due_on",
            "version",
            "published_version",
            "version_count",
            "status",
            "read_time",
            "node_position",
            "node_metadata",
            "metadata",
            "permissions",
            "owner",
            "source_path",
            "linked_function_models",
            "linked_event_storms",
            "linked_spindles",
            "revision",
            "created_at",
            "updated_at",
            "last_viewed_at",
            "deleted_at",
        )
        read_only_fields = (
            "id",
            "version",
            "published_version",
            "version_count",
            "status",
            "read_time",
            "source_path",
            "revision",
            "created_at",
            "updated_at",
            "last_viewed_at",
            "deleted_at",
        )

    def validate_content(self, value: str) -> str:
        """Refuse blank texts and texts above 1 MB."""
        if not value.strip():
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        if len(value.encode()) > MAX_CONTENT_BYTES:
            raise serializers.ValidationError(
                f"At most {MAX_CONTENT_BYTES} bytes.", code="max_length"
            )
        return value

    def validate_prerequisites(self, value: list[UUID]) -> list[UUID]:
        """Refuse the SOP itself; the same one twice counts once."""
        if self.instance is not None and self.instance.pk in value:
            raise serializers.ValidationError(
                "An SOP is no prerequisite of itself.", code="self_dependency"
            )
        return list(dict.fromkeys(value))

    def validate_permissions(self, value: dict[str, Any]) -> dict[str, Any]:
        """Check that the lists hold members, so that it is told beside the other violations."""
        owner_id = self.instance.owner_id if self.instance else None
        return checked_permissions(self.context["view"].actor, value, owner_id=owner_id)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take an empty optional text for none."""
        return {
            name: None if name in OPTIONAL and value == "" else value
            for name, value in attrs.items()
        }

    def get_linked_function_models(self, sop: Sop) -> list[UUID]:
        """Function models that the graph links with this SOP."""
        return self._linked(sop, FeatureType.FUNCTION_MODEL)

    def get_linked_event_storms(self, sop: Sop) -> list[UUID]:
        """Event storms that the graph links with this SOP."""
        return self._linked(sop, FeatureType.EVENT_STORM)

    def get_linked_spindles(self, sop: Sop) -> list[UUID]:
        """Spindles that the graph links with this SOP."""
        return self._linked(sop, FeatureType.SPINDLE)

    def _linked(self, sop: Sop, feature: FeatureType) -> list[UUID]:
        linked: dict[tuple[UUID, str], list[UUID]] = self.context.get("linked", {})
        return linked.get((sop.pk, feature.value), [])


class SopListSerializer(SopSerializer):
    """An SOP in a list: everything but its text."""

    class Meta(SopSerializer.Meta):
        fields = tuple(name for name in SopSerializer.Meta.fields if name != "content")


class SopUpdateSerializer(SopSerializer):
    """A change of an SOP; `bump` says by which step a published text opens its next draft."""

    bump = serializers.ChoiceField(choices=Bump.choices, required=False, write_only=True)

    class Meta(SopSerializer.Meta):
        fields = (*SopSerializer.Meta.fields, "bump")


class ArchivedSopSerializer(SopSerializer):
    """An SOP as it was archived; `links_removed` is there where `cleanup_links` was asked for."""

    links_removed = serializers.IntegerField(required=False)

    class Meta(SopSerializer.Meta):
        fields = (*SopSerializer.Meta.fields, "links_removed")
