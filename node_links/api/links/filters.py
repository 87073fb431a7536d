"""Filters of link lists."""

from django.db.models import Q, QuerySet
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    NumberFilter,
    UUIDFilter,
)

from config.api.filters import FilterSet
from node_links.choices import FeatureType, LinkOrigin
from node_links.models import NodeLink
from node_links.querysets import LinkQuerySet

STRENGTHS = ("strong", "moderate", "weak")


class LinkFilters(FilterSet):
    """By either end or by one of them, by type, origin, pin, strength and maker."""

    source_feature = ChoiceFilter(choices=FeatureType.choices)
    source_entity_id = UUIDFilter()
    source_node_id = CharFilter()
    target_feature = ChoiceFilter(choices=FeatureType.choices)
    target_entity_id = UUIDFilter()
    target_node_id = CharFilter()
    feature = ChoiceFilter(
        choices=FeatureType.choices, method="filter_feature", label="At either end."
    )
    entity = UUIDFilter(method="filter_entity", label="At either end.")
    link_type = CharFilter()
    origin = ChoiceFilter(choices=LinkOrigin.choices)
    version_pin = CharFilter()
    min_strength = NumberFilter(field_name="link_strength", lookup_expr="gte")
    max_strength = NumberFilter(field_name="link_strength", lookup_expr="lte")
    strength = ChoiceFilter(
        choices=[(name, name) for name in STRENGTHS],
        method="filter_strength",
        label="Strong from 0.7, weak up to 0.3, else moderate.",
    )
    created_by = UUIDFilter(field_name="created_by_id")

    class Meta:
        model = NodeLink
        fields = ()

    def filter_feature(self, rows: LinkQuerySet, name: str, value: str) -> QuerySet[NodeLink]:
        """Keep links with this feature at either end."""
        return rows.filter(Q(source_feature=value) | Q(target_feature=value))

    def filter_entity(self, rows: LinkQuerySet, name: str, value: str) -> QuerySet[NodeLink]:
        """Keep links with this entity, or a node inside it, at either end."""
        # With the features named, the indexes of both ends serve.
        at_source = Q(source_feature__in=FeatureType.values, source_entity_id=value)
        return rows.filter(
            at_source | Q(target_feature__in=FeatureType.values, target_entity_id=value)
        )

    def filter_strength(self, rows: LinkQuerySet, name: str, value: str) -> QuerySet[NodeLink]:
        """Keep links of one class of strength."""
        return rows.of_strength(value)
