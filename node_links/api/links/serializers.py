"""The shapes of links."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.serializers import ModelSerializer
from node_links.api.links.fields import EntityIdField, StrengthField, VersionPinField
from node_links.api.shapes import PointSerializer
from node_links.choices import FeatureType, LinkOrigin
from node_links.links.drafts import LATEST, Address, LinkDraft
from node_links.links.rules import strength_class
from node_links.models import NodeLink, NodeLinkType, NodeMetadata

ENDS = ("source", "target")
_ADDRESSES = tuple(f"{end}_{part}" for end in ENDS for part in ("feature", "entity_id", "node_id"))


class NodeIdField(serializers.CharField):
    """The id of a node inside an entity, exactly as its drawing has it; null is the entity."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=255, required=False, allow_null=True, trim_whitespace=False, **kwargs
        )


class LinkSerializer(ModelSerializer[NodeLink]):
    """A link, with what is shown of its ends and of its type."""

    source_feature = serializers.ChoiceField(choices=FeatureType.choices)
    source_entity_id = EntityIdField()
    source_node_id = NodeIdField()
    target_feature = serializers.ChoiceField(choices=FeatureType.choices)
    target_entity_id = EntityIdField()
    target_node_id = NodeIdField()
    # The framework takes declared fields out of the class, whose attribute of this name stays.
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    target = serializers.SerializerMethodField()
    link_type = serializers.CharField(max_length=50)
    base_strength = StrengthField(required=False)
    link_strength = StrengthField(read_only=True)
    strength_class = serializers.SerializerMethodField()
    origin = serializers.ChoiceField(choices=LinkOrigin.choices, read_only=True)
    version_pin = VersionPinField(required=False, max_length=50)
    link_context = serializers.DictField(required=False)
    visual_properties = serializers.DictField(required=False)
    color = serializers.SerializerMethodField()
    icon = serializers.SerializerMethodField()
    is_bidirectional = serializers.SerializerMethodField()
    created_by = serializers.UUIDField(source="created_by_id", read_only=True, allow_null=True)

    class Meta:
        model = NodeLink
        fields: tuple[str, ...] = (
            "id",
            *_ADDRESSES,
            *ENDS,
            "link_type",
            "base_strength",
            "link_strength",
            "strength_class",
            "origin",
            "version_pin",
            "link_context",
            "visual_properties",
            "color",
            "icon",
            "is_bidirectional",
            "created_by",
            "revision",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "revision", "created_at", "updated_at")
        immutable_fields = (*_ADDRESSES, "link_type")

    @extend_schema_field(PointSerializer)
    def get_source(self, link: NodeLink) -> dict[str, Any]:
        """Return what is shown of the node that the link leads from."""
        return _end(link.source, link.source_feature, link.source_entity_id, link.source_node_id)

    @extend_schema_field(PointSerializer)
    def get_target(self, link: NodeLink) -> dict[str, Any]:
        """Return what is shown of the node that the link leads to."""
        return _end(link.target, link.target_feature, link.target_entity_id, link.target_node_id)

    @extend_schema_field({"type": "string", "enum": ["strong", "moderate", "weak"]})
    def get_strength_class(self, link: NodeLink) -> str:
        """Return strong (from 0.7), moderate, or weak (up to 0.3)."""
        return strength_class(link.link_strength)

    def get_color(self, link: NodeLink) -> str | None:
        """Return the link's own colour, else its type's."""
        own = link.visual_properties.get("color")
        return own if isinstance(own, str) else getattr(self._kind(link), "color", None)

    def get_icon(self, link: NodeLink) -> str | None:
        """Return the type's icon."""
        return getattr(self._kind(link), "icon", None)

    def get_is_bidirectional(self, link: NodeLink) -> bool:
        """Return whether the type is read in both directions."""
        kind = self._kind(link)
        return kind is not None and kind.is_bidirectional

    def _kind(self, link: NodeLink) -> NodeLinkType | None:
        kinds: Mapping[str, NodeLinkType] = self.context["kinds"]
        return kinds.get(link.link_type)


def warnings_field(**how: Any) -> serializers.ListField:
    """Return the field of what is worth a second thought about a link."""
    child = serializers.ChoiceField(choices=["many_connections", "many_triggers"])
    return serializers.ListField(child=child, **how)


class CreatedLinkSerializer(LinkSerializer):
    """A new link, and what is worth a second thought about it."""

    warnings = warnings_field(read_only=True)

    class Meta(LinkSerializer.Meta):
        fields: tuple[str, ...] = (*LinkSerializer.Meta.fields, "warnings")


def draft_of(values: Mapping[str, Any]) -> LinkDraft:
    """Return the draft that checked `values` describe."""
    source, target = (
        Address(values[f"{end}_feature"], values[f"{end}_entity_id"], values.get(f"{end}_node_id"))
        for end in ENDS
    )
    given = {
        name: values[name]
        for name in ("base_strength", "link_context", "visual_properties")
        if name in values
    }
    pin = values.get("version_pin", LATEST)
    return LinkDraft(source, target, values["link_type"], version_pin=pin, **given)


def _end(
    node: NodeMetadata, feature: str, entity_id: object, node_id: str | None
) -> dict[str, Any]:
    return {
        "feature": feature,
        "entity_id": str(entity_id),
        "node_id": node_id,
        "node_type": node.node_type,
        "name": node.name,
    }
