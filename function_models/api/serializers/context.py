"""Shapes of answers about contexts."""

from rest_framework import serializers

from config.api.serializers import Serializer
from function_models.context_access.access import Level
from function_models.context_access.hierarchy import Relation

LEVELS = [level.word for level in Level]


class ContextAccessSerializer(Serializer):
    """Whether a node may do with another's context what was asked, and what it sees of it."""

    access_granted = serializers.BooleanField()
    relation = serializers.ChoiceField([relation.value for relation in Relation])
    access_level = serializers.ChoiceField(LEVELS, allow_null=True)
    restricted_operations = serializers.ListField(child=serializers.ChoiceField(LEVELS))
    denial_reason = serializers.CharField(required=False)
    granted_properties = serializers.ListField(child=serializers.CharField())
    restricted_properties = serializers.ListField(child=serializers.CharField())
    data = serializers.DictField()


class ReadableContextSerializer(Serializer):
    """A context that a node may read."""

    node_id = serializers.CharField()
    relation = serializers.ChoiceField([relation.value for relation in Relation])
    access_level = serializers.ChoiceField(LEVELS)
    data = serializers.DictField()


class ReadableContextsSerializer(Serializer):
    """The contexts of others that a node may read."""

    contexts = ReadableContextSerializer(many=True)
    total_available = serializers.IntegerField()
    truncated = serializers.BooleanField()
