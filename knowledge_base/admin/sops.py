"""The pages of SOPs."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AllValuesCheckboxFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from config.admin.base import OfTenant
from config.admin.display import NOTHING
from config.admin.theme import action, display
from knowledge_base.admin import comparison, importing, panels, preview, searching
from knowledge_base.admin.actions import SopActions
from knowledge_base.admin.filters import ReferenceFilter
from knowledge_base.admin.forms import SopForm
from knowledge_base.models import Sop, SopReference
from knowledge_base.services.sops import create_sop, update_sop
from node_links.admin.life_cycle import (
    DeletedFilter,
    PublishedFilter,
    TagFilter,
    events_panel,
)

_METADATA = ("category", "tags", "content_type", "complexity", "audience", "author",
             "search_keywords", "searchable", "review_due_on", "aliases", "prerequisites",
             "metadata", "permissions")  # fmt: skip


@admin.register(Sop)
class SopAdmin(OfTenant, SopActions):
    """SOPs of all organisations."""

    form = SopForm
    create = staticmethod(create_sop)
    update = staticmethod(update_sop)
    warn_unsaved_form = True
    list_display = ("title", "tenant", "category", "state", "version", "minutes",
                    "reference_count", "updated_at")  # fmt: skip
    list_select_related = ("organization",)
    list_filter = (
        ("organization", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("category", AllValuesCheckboxFilter),
        TagFilter,
        ReferenceFilter,
        PublishedFilter,
        "searchable",
        DeletedFilter,
    )
    list_filter_submit = True
    search_fields = ("title", "summary")
    search_help_text = "Title or summary; “Search” in the sidebar looks into the texts"
    actions_list = ("search_texts", "import_zip")
    readonly_fields = ("facts", "references_tab", "backlinks_tab", "versions_tab", "events_tab")
    fieldsets = (
        (None, {"fields": ("facts",)}),
        (
            "Content",
            {"fields": ("title", "summary", "content", "seen_revision", "overwrite"),
             "classes": ("tab",)},
        ),
        ("Metadata", {"fields": _METADATA, "classes": ("tab",)}),
        ("References", {"fields": ("references_tab",), "classes": ("tab",)}),
        ("Backlinks", {"fields": ("backlinks_tab",), "classes": ("tab",)}),
        ("Versions", {"fields": ("versions_tab",), "classes": ("tab",)}),
        ("Events", {"fields": ("events_tab",), "classes": ("tab",)}),
    )  # fmt: skip
    add_fieldsets = (
        ("Content", {"fields": ("tenant", "title", "summary", "content"),
                     "classes": ("tab",)}),
        ("Metadata", {"fields": _METADATA, "classes": ("tab",)}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sop]:
        """Read the deleted too; for the list, count references and leave the texts out."""
        rows: QuerySet[Sop] = super().get_queryset(request)
        rows = rows.defer("vector_embedding").select_related("organization")
        match = request.resolver_match
        if match is None or match.url_name != "knowledge_base_sop_changelist":
            return rows
        return rows.defer("vector_embedding", "content").annotate(
            _references=_count(SopReference.objects.all()),
            _dangling=_count(SopReference.objects.dangling()),
        )

    @display(description="Read", ordering="read_time")
    def minutes(self, sop: Sop) -> str:
        """Return the minutes it takes to read."""
        return f"{sop.read_time} min"

    @display(description="References", ordering="_references")
    def reference_count(self, sop: Sop) -> SafeString | str:
        """Return how many references the text holds; those that dangle in red."""
        total, dangling = getattr(sop, "_references", 0), getattr(sop, "_dangling", 0)
        if not dangling:
            return str(total or NOTHING)
        return format_html(
            '{} <span class="nl-bad" title="{} lead nowhere">({} dangling)</span>',
            total,
            dangling,
            dangling,
        )

    @display(description="State")
    def facts(self, sop: Sop) -> SafeString:
        """Return what stands above the form."""
        return panels.facts_panel(sop)

    @display(description="References")
    def references_tab(self, sop: Sop) -> SafeString:
        """Return what the text refers to."""
        return panels.references_panel(sop)

    @display(description="Backlinks")
    def backlinks_tab(self, sop: Sop) -> SafeString:
        """Return who refers to it."""
        return panels.backlinks_panel(sop)

    @display(description="Versions")
    def versions_tab(self, sop: Sop) -> SafeString:
        """Return what was published."""
        return panels.versions_panel(sop)

    @display(description="Events")
    def events_tab(self, sop: Sop) -> SafeString:
        """Return what happened to it lately."""
        return events_panel(sop)

    @action(description="Compare versions", icon="difference")
    def compare_versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what differs between two versions."""
        try:
            sop = Sop.all_objects.get(pk=object_id)
        except (Sop.DoesNotExist, ValidationError) as error:
            raise Http404 from error
        return comparison.compare(request, sop)

    @action(description="Search the texts", icon="manage_search")
    def search_texts(self, request: HttpRequest) -> HttpResponse:
        """Go to the search page."""
        return redirect("admin:knowledge_base_sop_search")

    @action(description="Import", icon="drive_folder_upload", permissions=["add"])
    def import_zip(self, request: HttpRequest) -> HttpResponse:
        """Go to the import page."""
        return redirect("admin:knowledge_base_sop_import")

    def get_urls(self) -> list[Any]:
        """Add the pages that are not about one row."""
        wrap = self.admin_site.admin_view
        return [
            path("search/", wrap(searching.search_page), name="knowledge_base_sop_search"),
            path("import/", wrap(importing.import_page), name="knowledge_base_sop_import"),
            path("preview/", wrap(preview.preview), name="knowledge_base_sop_preview"),
            *super().get_urls(),
        ]


def _count(references: QuerySet[SopReference]) -> Coalesce:
    counted = (
        references.filter(sop=OuterRef("pk"))
        .order_by()
        .values("sop")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(counted), 0)
