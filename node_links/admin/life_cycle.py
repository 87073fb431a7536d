"""Drafts and versions in the admin, the same for every feature: colours, filters, events."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, Func, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from config.admin.display import panel
from node_links.models import NodeEntity, NodeEvent

STATUS_COLOURS = {"draft": "warning", "published": "success", "archived": "info"}
EVENTS_SHOWN = 20
LATELY = timedelta(days=7)
_MOST_TAGS = 100
Options = list[tuple[str, str]]


class DeletedFilter(admin.SimpleListFilter):
    """The deleted are kept out of sight until they are asked for."""

    title = "deletion"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer the other views."""
        return [("yes", "Deleted"), ("any", "Both")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list."""
        if self.value() == "any":
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class TagFilter(DropdownFilter):
    """The tags in use, the most frequent first."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """Count them."""
        rows = (
            model_admin.model.objects.order_by()
            .annotate(tag=Func("tags", function="unnest"))
            .values("tag")
            .annotate(n=Count("pk"))
            .order_by("-n", "tag")[:_MOST_TAGS]
        )
        return [(row["tag"], f"{row['tag']} ({row['n']})") for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list."""
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset


class PublishedFilter(admin.SimpleListFilter):
    """Entities of which a version was published lately, or never."""

    title = "last publication"
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer a week and never."""
        return [("week", "Within 7 days"), ("never", "Never")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list."""
        if self.value() == "week":
            versions = queryset.model._meta.get_field("versions").related_model
            rows = versions._default_manager.filter(created_at__gte=timezone.now() - LATELY)
            return queryset.filter(Exists(rows.filter(entity=OuterRef("pk"))))
        return queryset.filter(published_version=None) if self.value() == "never" else queryset


def events_panel(entity: NodeEntity) -> SafeString:
    """Return the latest events of an entity."""
    rows = NodeEvent.objects.filter(
        organization_id=entity.organization_id,
        feature_type=entity.feature_type,
        entity_id=entity.pk,
    ).select_related("user")
    return panel("admin/nodeloom/events.html", rows=rows.order_by("-sequence")[:EVENTS_SHOWN])
