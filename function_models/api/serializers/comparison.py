"""What differs between two versions."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer


class ModifiedSerializer(Serializer):
    """A node that says something else, `{key: {old, new}}`."""

    id = serializers.CharField()
    changes = serializers.DictField()


class PartSerializer(Serializer):
    """Nodes that came and went, and those that changed."""

    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    modified = ModifiedSerializer(many=True)


class ArrowsSerializer(Serializer):
    """Edges that came and went."""

    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())


class MetadataChangesSerializer(Serializer):
    """Keys of the metadata with their new values, and those that are gone."""

    added_or_modified = serializers.DictField()
    removed = serializers.ListField(child=serializers.CharField())


class SummarySerializer(Serializer):
    """How many nodes."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    modified = serializers.IntegerField()
    moved = serializers.IntegerField()


class ModelComparisonSerializer(Serializer):
    """What differs in meaning between two versions; where a node stands is told apart."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Declare the fields here: `from` is a word of Python."""
        return {
            "from": serializers.CharField(),
            "to": serializers.CharField(),
            "containers": PartSerializer(),
            "actions": PartSerializer(),
            "edges": ArrowsSerializer(),
            "fields": serializers.DictField(),
            "metadata": MetadataChangesSerializer(),
            "moved": serializers.ListField(child=serializers.CharField()),
            "breaking": serializers.BooleanField(),
            "summary": SummarySerializer(),
        }
