"""What happened, in order."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.paginator import InfinitePaginator

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import pretty_json
from config.admin.theme import action, display
from node_links.admin.entities import entity_link
from node_links.admin.replaying import replay_chosen
from node_links.models import NodeEvent

_PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class PeriodFilter(admin.SimpleListFilter):
    """The last hour, day or week."""

    title = "period"
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the three."""
        return [("hour", "Last hour"), ("day", "Last 24 hours"), ("week", "Last 7 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[NodeEvent]) -> QuerySet[NodeEvent]:
        """Narrow the list."""
        period = _PERIODS.get(self.value() or "")
        return queryset.filter(timestamp__gte=timezone.now() - period) if period else queryset


@admin.register(NodeEvent)
class EventAdmin(OfTenant, ReadOnlyAdmin):
    """The event store; a trigger keeps everybody from changing it."""

    paginator = InfinitePaginator  # nobody counts millions of rows to show fifty
    list_display = ("timestamp", "event_type", "entity", "sequence", "tenant", "user")
    list_select_related = ("organization", "user")
    list_filter = (
        PeriodFilter,
        ("timestamp", RangeDateTimeFilter),
        "event_type",
        ("organization", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("=entity_id", "=correlation_id")
    search_help_text = "The id of an entity or of a request"
    fields = ("timestamp", "event_type", "entity", "sequence", "organization", "user", "content",
              "correlation_id", "causation_id", "execution_id", "schema_version")  # fmt: skip
    readonly_fields = ("entity", "content")
    actions = ("replay",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeEvent]:
        """Read organisation and person along."""
        rows: QuerySet[NodeEvent] = super().get_queryset(request)
        return rows.select_related("organization", "user")

    @display(description="Entity")
    def entity(self, event: NodeEvent) -> SafeString | str:
        """Return a link to what it happened to."""
        name = event.data.get("name") if isinstance(event.data, dict) else None
        text = str(name or f"{event.feature_type} {str(event.entity_id)[-12:]}")
        return entity_link(event.feature_type, event.entity_id, text)

    @display(description="Data")
    def content(self, event: NodeEvent) -> SafeString:
        """Return the data as JSON."""
        return pretty_json(event.data)

    @action(description="Deliver again (replay)", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[NodeEvent]) -> HttpResponse:
        """Ask to whom, count, ask again, and queue a replay of the chosen events."""
        return replay_chosen(request, queryset)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may make replays."""
        return request.user.has_perm("node_links.add_eventreplay")
