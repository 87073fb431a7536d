"""Whether what a link is pinned to is still there, as a badge and as a filter."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from node_links.choices import DriftStatus
from node_links.models import LinkDrift, NodeLink


def drift_of(link: NodeLink) -> LinkDrift | None:
    """Return what is wrong with the pin of a link, None where all is well."""
    try:
        found: LinkDrift = link.drift
    except LinkDrift.DoesNotExist:
        return None
    return found


def drift_badge(link: NodeLink) -> SafeString:
    """Return the pin of a link; a warning beside it where the target moved on or is gone."""
    found = drift_of(link)
    if found is None:
        return format_html('<span class="nl-muted">{}</span>', link.version_pin)
    if found.status == DriftStatus.BROKEN:
        reason = found.get_reason_display() if found.reason else ""
        return format_html(
            '{} <span class="nl-tag nl-broken" title="{}">broken</span>', link.version_pin, reason
        )
    return format_html(
        '{} <span class="nl-tag nl-draft" title="{} versions behind">now {}</span>',
        found.from_version, found.versions_behind or "some", found.to_version,
    )  # fmt: skip


class DriftFilter(admin.SimpleListFilter):
    """Links whose pin is no longer what is live."""

    title = "version pin"
    parameter_name = "drift"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("any", "drifted or broken"), *DriftStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[NodeLink]) -> QuerySet[NodeLink]:
        """Narrow the list."""
        chosen = self.value()
        if chosen == "any":
            return queryset.filter(drift__isnull=False)
        return queryset.filter(drift__status=chosen) if chosen else queryset
