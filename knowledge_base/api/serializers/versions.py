"""Archiving, and what differs between versions."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer


class ArchiveSerializer(Serializer):
    """Why, and whether the SOP's links go with it."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    cleanup_links = serializers.BooleanField(required=False, default=False)


class AcceptedSerializer(Serializer):
    """What goes on in the background."""

    saga_id = serializers.UUIDField(read_only=True)


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
