"""Filters of lists of spindles."""

from django.db.models import QuerySet
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    UUIDFilter,
)

from config.api.filters import FilterSet
from spindles.choices import SpindleStatus
from spindles.models import Spindle
from spindles.querysets import SpindleQuerySet


class SpindleFilters(FilterSet):
    """`?status=`, `?live_status=`, `?slug=`, `?tags=a,b` (any of them), `?search=`, times …"""

    status = ChoiceFilter(choices=SpindleStatus.choices)
    live_status = ChoiceFilter(choices=SpindleStatus.choices)
    slug = CharFilter()
    owner = UUIDFilter(field_name="owner_id")
    spindle_type = CharFilter()
    complexity_level = CharFilter()
    tags = CharFilter(method="filter_tags", label="Any of these, comma-separated.")
    created_after = IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    search = CharFilter(
        method="filter_search",
        max_length=200,
        label="Words that must all occur: in name, slug, description or the names of steps.",
    )

    class Meta:
        model = Spindle
        fields = ()

    def filter_tags(self, rows: SpindleQuerySet, name: str, value: str) -> QuerySet[Spindle]:
        """Keep spindles with at least one of the tags."""
        return rows.tagged_any([tag.strip() for tag in value.split(",") if tag.strip()])

    def filter_search(self, rows: SpindleQuerySet, name: str, value: str) -> QuerySet[Spindle]:
        """Keep spindles that say all of the words."""
        return rows.saying(value.split())
