"""Exports, and how far each is."""

from django.contrib import admin
from unfold.contrib.filters.admin import RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.theme import display
from node_links.choices import ExportStatus
from node_links.models import Export

_TONES = {
    ExportStatus.QUEUED: "info",
    ExportStatus.RUNNING: "info",
    ExportStatus.COMPLETED: "success",
    ExportStatus.FAILED: "danger",
}


@admin.register(Export)
class ExportAdmin(OfTenant, ReadOnlyAdmin):
    """They are asked for over REST; the file is for whoever asked."""

    list_display = ("created_at", "tenant", "kind", "format", "state", "count", "size",
                    "requested_by", "expires_at")  # fmt: skip
    list_select_related = ("organization", "requested_by")
    list_filter = ("status", "kind", ("organization", RelatedDropdownFilter))
    search_fields = ("=id",)
    search_help_text = "The id of an export"
    fields = ("state", "kind", "format", "organization", "requested_by", "entity_ids", "count",
              "size", "error", "created_at", "finished_at", "expires_at")  # fmt: skip
    readonly_fields = ("state",)

    @display(description="State", ordering="status", label=_TONES)
    def state(self, export: Export) -> tuple[str, str]:
        """Return how far it is."""
        return export.status, export.get_status_display()
