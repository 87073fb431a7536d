"""Publishing, versions, and what differs between them."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from knowledge_base.models import SopVersion
from node_links.choices import Bump


class PublishSerializer(Serializer):
    """Under which number to publish; absent: the draft's own."""

    version = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class OpenVersionSerializer(Serializer):
    """Which part of the number goes up."""

    bump = serializers.ChoiceField(choices=Bump.choices)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class ArchiveSerializer(Serializer):
    """Why, and whether the SOP's links go with it."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    cleanup_links = serializers.BooleanField(required=False, default=False)


class AcceptedSerializer(Serializer):
    """What goes on in the background."""

    saga_id = serializers.UUIDField(read_only=True)


class VersionSerializer(ModelSerializer[SopVersion]):
    """A published version without its text."""

    version_id = serializers.UUIDField(source="id", read_only=True)
    author = serializers.UUIDField(source="author_id", read_only=True, allow_null=True)
    is_live = serializers.SerializerMethodField()

    class Meta:
        model = SopVersion
        fields: tuple[str, ...] = (
            "version_id",
            "version",
            "is_live",
            "previous_version",
            "bump",
            "notes",
            "author",
            "content_hash",
            "created_at",
        )

    def get_is_live(self, snapshot: SopVersion) -> bool:
        """Whether this is the version that readers and runs rely on."""
        return bool(snapshot.version == self.context["sop"].published_version)


class VersionContentSerializer(VersionSerializer):
    """A published version with everything it keeps."""

    content = serializers.DictField(read_only=True)

    class Meta(VersionSerializer.Meta):
        fields = (*VersionSerializer.Meta.fields, "content")


class ComparisonSerializer(Serializer):
    """What differs between two versions; `text_diff` is a unified diff of the Markdown."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Declare the fields here: `from` is a word of Python."""
        return {
            "from": serializers.CharField(),
            "to": serializers.CharField(),
            "fields": serializers.DictField(),
            "text_diff": serializers.CharField(),
            "added_lines": serializers.IntegerField(),
            "removed_lines": serializers.IntegerField(),
        }
