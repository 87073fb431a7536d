"""Shapes of answers about contexts."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from function_models.context_access.access import Level
from function_models.context_access.hierarchy import Relation

LEVELS = [level.word for level in Level]


class _WithData(Serializer):
    """Ends with `data`, a name that serializers have for themselves."""

    def get_fields(self) -> dict[str, Any]:
        """Add what is shown of the context."""
        return {**super().get_fields(), "data": serializers.DictField()}


class ContextAccessSerializer(_WithData):
    """Whether a node may do with another's context what was asked, and what it sees of it."""

    access_granted = serializers.BooleanField()
    relation = serializers.ChoiceField([relation.value for relation in Relation])
    access_level = serializers.ChoiceField(LEVELS, allow_null=True)
    restricted_operations = serializers.ListField(child=serializers.CharField())
    denial_reason = serializers.CharField(required=False)
    granted_properties = serializers.ListField(child=serializers.CharField())
    restricted_properties = serializers.ListField(child=serializers.CharField())


class ReadableContextSerializer(_WithData):
    """A context that a node may read."""

    node_id = serializers.CharField()
    relation = serializers.ChoiceField([relation.value for relation in Relation])
    access_level = serializers.ChoiceField(LEVELS)


class ReadableContextsSerializer(Serializer):
    """The contexts of others that a node may read."""

    contexts = ReadableContextSerializer(many=True)
    total_available = serializers.IntegerField()
    truncated = serializers.BooleanField()
