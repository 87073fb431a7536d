"""Nodes that wait to be embedded."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince
from unfold.contrib.filters.admin import RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import code
from config.admin.theme import action, display
from node_links.models import DirtyNode, NodeMetadata
from node_links.search.text import mark_dirty


class FailureFilter(admin.SimpleListFilter):
    """Those that failed before."""

    title = "failures"
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the one question."""
        return [("yes", "Failed at least once")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DirtyNode]) -> QuerySet[DirtyNode]:
        """Narrow the list."""
        return queryset.filter(attempts__gt=0) if self.value() == "yes" else queryset


@admin.register(DirtyNode)
class BacklogAdmin(OfTenant, ReadOnlyAdmin):
    """It drains by itself; a row that stays says why."""

    list_display = ("name", "tenant", "waiting", "attempts", "next_try", "error")
    list_filter = (FailureFilter, ("organization", RelatedDropdownFilter))
    search_fields = ("node__name", "last_error")
    fields = ("name", "organization", "waiting", "attempts", "next_try", "whole_error")
    readonly_fields = ("name", "waiting", "next_try", "whole_error")
    actions = ("try_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DirtyNode]:
        """Read the nodes' names along."""
        rows: QuerySet[DirtyNode] = super().get_queryset(request)
        return rows.select_related("node", "organization").defer(
            "node__vector_embedding", "node__search_text"
        )

    @display(description="Node", ordering="node__name")
    def name(self, row: DirtyNode) -> str:
        """Return what waits."""
        return row.node.name

    @display(description="Waiting for", ordering="marked_at")
    def waiting(self, row: DirtyNode) -> str:
        """Return how long it has waited."""
        return timesince(row.marked_at)

    @display(description="Next try", ordering="not_before")
    def next_try(self, row: DirtyNode) -> Any:
        """Return when it is tried again."""
        return "due" if row.not_before <= timezone.now() else row.not_before

    @display(description="Last error")
    def error(self, row: DirtyNode) -> str:
        """Return its beginning."""
        return row.last_error[:80]

    @display(description="Last error")
    def whole_error(self, row: DirtyNode) -> str | None:
        """Return all of it."""
        return code(row.last_error) if row.last_error else None

    @action(description="Try now", permissions=["try"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[DirtyNode]) -> None:
        """Make the chosen nodes due at once, their failures forgotten."""
        nodes = list(NodeMetadata.objects.filter(dirty__in=queryset).only("pk", "organization_id"))
        mark_dirty(nodes)
        messages.success(request, f"Due now: {len(nodes)}.")

    def has_try_permission(self, request: HttpRequest) -> bool:
        """Trying again is a change of the backlog."""
        return request.user.has_perm("node_links.change_dirtynode")
