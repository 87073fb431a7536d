"""Publishing, opening the next draft, and versions as they are kept."""

from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.choices import Bump
from node_links.models import VersionSnapshot

MAX_NOTES = 2000


class PublishSerializer(Serializer):
    """Under which number to publish; absent: the draft's own."""

    version = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    notes = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_NOTES, default=""
    )


class OpenVersionSerializer(Serializer):
    """Which part of the number goes up."""

    bump = serializers.ChoiceField(choices=Bump.choices)
    notes = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_NOTES, default=""
    )


class VersionSerializer(Serializer):
    """A published version without its content. The context holds the `entity`."""

    version_id = serializers.UUIDField(source="id", read_only=True)
    version = serializers.CharField(read_only=True)
    is_live = serializers.SerializerMethodField()
    previous_version = serializers.CharField(read_only=True, allow_null=True)
    bump = serializers.ChoiceField(choices=[("initial", "initial"), *Bump.choices], read_only=True)
    notes = serializers.CharField(read_only=True)
    author = serializers.UUIDField(source="author_id", read_only=True, allow_null=True)
    content_hash = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def get_is_live(self, snapshot: VersionSnapshot) -> bool:
        """Whether this is the version that readers and runs rely on."""
        return bool(snapshot.version == self.context["entity"].published_version)


class VersionContentSerializer(VersionSerializer):
    """A published version with everything it keeps."""

    content = serializers.DictField(read_only=True)
