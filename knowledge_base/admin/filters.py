"""By what the list of SOPs can be narrowed."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import Count, Exists, Func, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from knowledge_base.models import Sop, SopReference, SopVersion

_MOST_TAGS = 100
Options = list[tuple[str, str]]


class DeletedFilter(admin.SimpleListFilter):
    """The deleted are kept out of sight until they are asked for."""

    title = "deletion"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer the other views."""
        return [("yes", "Deleted"), ("any", "Both")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sop]) -> QuerySet[Sop]:
        """Narrow the list."""
        if self.value() == "any":
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class TagFilter(DropdownFilter):
    """The tags in use, the most frequent first."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Count them."""
        rows = (
            Sop.objects.order_by()
            .annotate(tag=Func("tags", function="unnest"))
            .values("tag")
            .annotate(n=Count("pk"))
            .order_by("-n", "tag")[:_MOST_TAGS]
        )
        return [(row["tag"], f"{row['tag']} ({row['n']})") for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sop]) -> QuerySet[Sop]:
        """Narrow the list."""
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset


class ReferenceFilter(admin.SimpleListFilter):
    """SOPs whose text points at something, or at nothing."""

    title = "references"
    parameter_name = "references"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer both."""
        return [("dangling", "Some dangle"), ("any", "Has references")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sop]) -> QuerySet[Sop]:
        """Narrow the list."""
        references = SopReference.objects.filter(sop=OuterRef("pk"))
        if self.value() == "dangling":
            return queryset.filter(Exists(references.dangling()))
        return queryset.filter(Exists(references)) if self.value() == "any" else queryset


class PublishedFilter(admin.SimpleListFilter):
    """SOPs of which a version was published lately."""

    title = "last publication"
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer a week and never."""
        return [("week", "Within 7 days"), ("never", "Never")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sop]) -> QuerySet[Sop]:
        """Narrow the list."""
        if self.value() == "week":
            return queryset.filter(Exists(published_lately().filter(entity=OuterRef("pk"))))
        return queryset.filter(published_version=None) if self.value() == "never" else queryset


def published_lately() -> QuerySet[SopVersion]:
    """Return the versions of the last seven days."""
    return SopVersion.objects.filter(Q(created_at__gte=timezone.now() - timedelta(days=7)))
