"""The shapes that many answers share: a node, and a link between two of them.

`source` is the name of an attribute of serializers as well; declared fields are taken out of the
class, so that neither hides the other.
"""

from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.choices import FeatureType


class PointSerializer(Serializer):
    """Which node, with all that is shown of it without a second call."""

    feature = serializers.ChoiceField(choices=FeatureType.choices)
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(allow_null=True, help_text="Null: the entity itself.")
    node_type = serializers.CharField()
    name = serializers.CharField()


class JoiningLinkSerializer(Serializer):
    """A link with what it joins."""

    id = serializers.UUIDField()
    source = PointSerializer()  # type: ignore[assignment]  # see above
    target = PointSerializer()
    link_type = serializers.CharField()
    link_strength = serializers.FloatField()
    origin = serializers.CharField()
    version_pin = serializers.CharField()
    color = serializers.CharField(allow_null=True)
