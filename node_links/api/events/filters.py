"""Which events a list holds, and in which order."""

from typing import Any

from django.db.models import QuerySet
from django_filters.filters import CharFilter, IsoDateTimeFilter, UUIDFilter
from rest_framework.request import Request

from config.api.filters import FilterSet
from config.api.pagination import CursorPagination
from node_links.models import NodeEvent

SINCE = "From this moment on (ISO 8601)."
UNTIL = "Before this moment (ISO 8601)."
TYPES = "Names of event types, separated by commas."


class _Base(FilterSet):
    feature_type = CharFilter()
    entity_id = UUIDFilter()
    node_id = CharFilter()
    types = CharFilter(method="of_types", help_text=TYPES)
    execution_id = UUIDFilter()
    correlation_id = CharFilter()

    def of_types(self, queryset: QuerySet[NodeEvent], name: str, value: str) -> QuerySet[NodeEvent]:
        """Return the events whose type is among those named."""
        return queryset.filter(event_type__in=[one.strip() for one in value.split(",")])


# `from` is no name that a class statement could use.
EventFilters: type[FilterSet] = type(
    "EventFilters",
    (_Base,),
    {
        "from": IsoDateTimeFilter(field_name="timestamp", lookup_expr="gte", help_text=SINCE),
        "to": IsoDateTimeFilter(field_name="timestamp", lookup_expr="lt", help_text=UNTIL),
    },
)


class EventPagination(CursorPagination):
    """Newest first; the history of one aggregate in its own order, from its beginning."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the order: by sequence where one aggregate is asked for."""
        if {"feature_type", "entity_id"} <= request.query_params.keys():
            return ("sequence",)
        return ("-timestamp", "-id")
