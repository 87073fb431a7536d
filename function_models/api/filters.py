"""Filters of lists of function models."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    UUIDFilter,
)

from config.api.filters import BooleanFilter, FilterSet, WholeNumberFilter
from function_models.models import FunctionModel
from function_models.querysets import FunctionModelQuerySet
from node_links.choices import EntityStatus

MAX_DAYS = 100_000


class FunctionModelFilters(FilterSet):
    """`?status=`, `?tags=a,b` (any of them), `?owner=`, `?process_type=`, `?search=`, times.

    `with_dependencies` keeps models in which containers depend on each other (or, if false, those
    in which none does).
    """

    status = ChoiceFilter(choices=EntityStatus.choices)
    owner = UUIDFilter(field_name="owner_id")
    process_type = CharFilter()
    tags = CharFilter(method="filter_tags", label="Any of these, comma-separated.")
    created_after = IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    search = CharFilter(
        method="filter_search",
        max_length=200,
        label="Words that must all occur, in the name, the description or the names of nodes.",
    )
    with_dependencies = BooleanFilter(method="filter_dependencies", label="Has edges.")
    deletion_candidates_older_than = WholeNumberFilter(
        method="filter_candidates",
        min_value=0,
        max_value=MAX_DAYS,
        label="Unchanged for so many days; for administrators.",
    )

    class Meta:
        model = FunctionModel
        fields = ()

    def filter_tags(
        self, rows: FunctionModelQuerySet, name: str, value: str
    ) -> QuerySet[FunctionModel]:
        """Keep models with at least one of the tags."""
        return rows.tagged_any([tag.strip() for tag in value.split(",") if tag.strip()])

    def filter_search(
        self, rows: FunctionModelQuerySet, name: str, value: str
    ) -> QuerySet[FunctionModel]:
        """Keep models that say all of the words."""
        return rows.saying(value.split())

    def filter_dependencies(
        self, rows: FunctionModelQuerySet, name: str, value: bool
    ) -> QuerySet[FunctionModel]:
        """Keep models with edges, or those without."""
        return rows.exclude(edges_data=[]) if value else rows.filter(edges_data=[])

    def filter_candidates(
        self, rows: FunctionModelQuerySet, name: str, value: Any
    ) -> QuerySet[FunctionModel]:
        """Keep models that nobody has changed for so long."""
        return rows.filter(updated_at__lt=timezone.now() - timedelta(days=int(value)))
