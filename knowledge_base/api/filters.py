"""Filters of SOP lists."""

from django.db.models import QuerySet
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    DateFilter,
    IsoDateTimeFilter,
    UUIDFilter,
)

from config.api.filters import FilterSet
from knowledge_base.choices import Complexity, ContentType
from knowledge_base.models import Sop
from knowledge_base.querysets import SopQuerySet
from node_links.choices import EntityStatus


class SopFilters(FilterSet):
    """`?category=`, `?status=`, `?tags=a,b` (any of them), `?owner=`, dates, times."""

    category = CharFilter()
    status = ChoiceFilter(choices=EntityStatus.choices)
    content_type = ChoiceFilter(choices=ContentType.choices)
    complexity = ChoiceFilter(choices=Complexity.choices)
    owner = UUIDFilter(field_name="owner_id")
    source_path = CharFilter()
    tags = CharFilter(method="filter_tags", label="Any of these, comma-separated.")
    review_due_before = DateFilter(field_name="review_due_on", lookup_expr="lt")
    created_after = IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Sop
        fields = ()

    def filter_tags(self, rows: SopQuerySet, name: str, value: str) -> QuerySet[Sop]:
        """Keep SOPs with at least one of the tags."""
        return rows.tagged_any(split_tags(value))


def split_tags(value: str) -> list[str]:
    """Return the tags of a comma-separated parameter."""
    return [tag.strip() for tag in value.split(",") if tag.strip()]
