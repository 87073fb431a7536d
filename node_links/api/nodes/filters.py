"""Filters of the list of nodes."""

from django.db.models import QuerySet
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    UUIDFilter,
)

from config.api.filters import BooleanFilter, FilterSet
from node_links.choices import FeatureType
from node_links.models import NodeMetadata


class NodeFilters(FilterSet):
    """`?feature=`, `?entity_id=`, `?node_type=`, `?has_agent=`, `?updated_since=` …"""

    feature = ChoiceFilter(field_name="feature_type", choices=FeatureType.choices)
    entity_id = UUIDFilter()
    node_id = CharFilter()
    node_type = CharFilter()
    is_entity = BooleanFilter(
        field_name="node_id", lookup_expr="isnull", label="Entities, or nodes inside them."
    )
    has_agent = BooleanFilter(method="with_agent", label="With an agent's configuration, or not.")
    updated_since = IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = NodeMetadata
        fields = ()

    def with_agent(
        self, rows: QuerySet[NodeMetadata], name: str, value: bool
    ) -> QuerySet[NodeMetadata]:
        """Keep nodes with an agent's configuration, or those without."""
        return rows.filter(ai_agent_config__isnull=not value)
