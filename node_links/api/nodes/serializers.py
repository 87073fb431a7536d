"""The shapes of nodes over REST.

Some fields are named like attributes of serializers (`data`, `source`); declared fields are taken
out of the class, so that neither hides the other.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.api.nodes.fields import KeywordsField, ObjectField, PlaceSerializer, VectorField
from node_links.api.shapes import PointSerializer
from node_links.choices import FeatureType, NodeStatus
from node_links.models import NodeMetadata
from node_links.services.nodes.batch import MAX_ITEMS
from node_links.services.nodes.reading import EntityHead


class ListedNodeSerializer(PointSerializer):
    """A node in a list; `status`, versions and `revision` are those of its entity."""

    id = serializers.UUIDField(help_text="Of the row of the node table.")
    status = serializers.ChoiceField(choices=NodeStatus.choices)
    version = serializers.CharField()
    published_version = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()
    position = PlaceSerializer()
    summary = serializers.CharField()
    search_keywords = serializers.ListField(child=serializers.CharField())
    searchable = serializers.BooleanField()
    visual_properties = serializers.DictField()
    metadata = serializers.DictField()
    ai_agent_config = serializers.DictField(allow_null=True)
    embedding_model = serializers.CharField(allow_null=True)
    dimensions = serializers.IntegerField(allow_null=True)
    vector_given = serializers.BooleanField(help_text="Given from outside for the present text.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NodeSerializer(ListedNodeSerializer):
    """A node; the links are those at it, of an entity also those at the nodes inside it."""

    links_out = serializers.IntegerField()
    links_in = serializers.IntegerField()
    vector_embedding = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        allow_null=True,
        help_text="Where `?vector=true` asks for it.",
    )


ONLY_READ = frozenset(NodeSerializer._declared_fields)


class NodeChangeSerializer(Serializer):
    """What may be changed. `name`, `position` and `data` (its own fields) are the feature's."""

    name = serializers.CharField(max_length=255, required=False)
    position = PlaceSerializer(required=False)
    visual_properties = ObjectField(required=False)
    metadata = ObjectField(required=False)
    search_keywords = KeywordsField(required=False)
    ai_agent_config = ObjectField(required=False, allow_null=True)
    vector_embedding = VectorField(required=False, allow_null=True)
    embedding_model = serializers.CharField(max_length=100, required=False, allow_null=True)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # see above

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values; what is only read may be sent back and is ignored."""
        if isinstance(data, Mapping):
            data = {
                name: value
                for name, value in data.items()
                if name in self.fields or name not in ONLY_READ
            }
        return super().to_internal_value(data)


class NodePatchSerializer(NodeChangeSerializer):
    """A change of the node of the address."""


class NewNodeSerializer(NodeChangeSerializer):
    """An entity to create, or with `entity_id` a node inside that one."""

    feature = serializers.ChoiceField(choices=FeatureType.choices)
    entity_id = serializers.UUIDField(required=False, allow_null=True)
    node_id = serializers.CharField(max_length=255, required=False, allow_null=True)
    node_type = serializers.CharField(max_length=50, required=False, allow_null=True)


class NodeAddressSerializer(Serializer):
    """A node; `revision` refuses it (412) unless this is its entity's present one."""

    feature = serializers.ChoiceField(choices=FeatureType.choices)
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(max_length=255, required=False, allow_null=True)
    revision = serializers.IntegerField(min_value=1, required=False)


class BatchChangeSerializer(NodeChangeSerializer, NodeAddressSerializer):
    """A change of one node."""


class NewNodesSerializer(Serializer):
    """Nodes to create together."""

    nodes = serializers.ListField(child=NewNodeSerializer(), min_length=1, max_length=MAX_ITEMS)


class NodeChangesSerializer(Serializer):
    """Nodes to change together."""

    nodes = serializers.ListField(child=BatchChangeSerializer(), min_length=1, max_length=MAX_ITEMS)


class NodeAddressesSerializer(Serializer):
    """Nodes to delete together."""

    nodes = serializers.ListField(child=NodeAddressSerializer(), min_length=1, max_length=MAX_ITEMS)


class BatchItemSerializer(Serializer):
    """What became of one item; `node` is not there where it was deleted."""

    index = serializers.IntegerField()
    status = serializers.IntegerField(help_text="As the single request would have answered.")
    node = ListedNodeSerializer(required=False)


class BatchResultSerializer(Serializer):
    """What became of a batch that was done."""

    count = serializers.IntegerField()
    results = BatchItemSerializer(many=True)


class ConnectionSerializer(Serializer):
    """A link that leads to a connected node: `out` to it, `in` from it."""

    id = serializers.UUIDField()
    direction = serializers.ChoiceField(choices=["in", "out"])
    link_type = serializers.CharField()
    link_strength = serializers.FloatField()


class ConnectedNodeSerializer(PointSerializer):
    """A node at the other end of at least one link."""

    status = serializers.ChoiceField(choices=NodeStatus.choices)
    links = ConnectionSerializer(many=True, help_text="At most 100.")


def point_of(node: NodeMetadata) -> dict[str, Any]:
    """Return the JSON of what every answer says of a node."""
    return {
        "feature": node.feature_type,
        "entity_id": node.entity_id,
        "node_id": node.node_id,
        "node_type": node.node_type,
        "name": node.name,
    }


def listed_node(node: NodeMetadata, head: EntityHead) -> dict[str, Any]:
    """Return the JSON of a node in a list."""
    return {
        **point_of(node),
        "id": node.pk,
        "status": head.status,
        "version": head.version,
        "published_version": head.published_version,
        "revision": head.revision,
        "position": {"x": float(node.position_x), "y": float(node.position_y)},
        "summary": node.search_text,
        "search_keywords": node.search_keywords,
        "searchable": node.searchable,
        "visual_properties": node.visual_properties,
        "metadata": node.metadata,
        "ai_agent_config": node.ai_agent_config,
        "embedding_model": node.embedding_model or None,
        "dimensions": node.dimensions,
        "vector_given": node.vector_given_for is not None
        and node.vector_given_for == node.content_hash,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
    }
