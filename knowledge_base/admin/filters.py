"""By what the list of SOPs can be narrowed."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from knowledge_base.models import Sop, SopReference, SopVersion
from node_links.admin.life_cycle import LATELY, Options


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


def published_lately() -> QuerySet[SopVersion]:
    """Return the versions of the last seven days."""
    return SopVersion.objects.filter(Q(created_at__gte=timezone.now() - LATELY))
