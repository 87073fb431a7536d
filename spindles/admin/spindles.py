"""The pages of spindles."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from config.admin.base import OfTenant
from config.admin.display import NOTHING, panel
from config.admin.theme import display
from node_links.admin.life_cycle import DeletedFilter, PublishedFilter, TagFilter, events_panel
from node_links.models import CANVAS_FIELDS
from spindles.admin.panels import took
from spindles.admin.spindle_actions import SpindleActions
from spindles.admin.spindle_forms import EDITABLE, SpindleForm
from spindles.choices import SpindleStatus
from spindles.models import Execution, Spindle, SpindleTrigger
from spindles.services.pictures import draw_spindle
from spindles.services.problems import problems_of
from spindles.services.spindles import ALWAYS_OPEN, create_spindle, update_spindle

RUNS_SHOWN = 20
_SPINDLE = ("name", "description", "spindle_type", "complexity_level", "max_concurrency",
            "timeout", "tags")  # fmt: skip
_DEFINITION = ("inputs", "outputs", "steps")
_MORE = ("metadata", "permissions")
_TONES = {
    SpindleStatus.DRAFT: "warning",
    SpindleStatus.ACTIVE: "success",
    SpindleStatus.INACTIVE: "default",
    SpindleStatus.ERROR: "danger",
    SpindleStatus.DEPRECATED: "warning",
    SpindleStatus.ARCHIVED: "info",
    "deleted": "danger",
}


@admin.register(Spindle)
class SpindleAdmin(OfTenant, SpindleActions):
    """Spindles of all organisations."""

    form = SpindleForm
    create = staticmethod(create_spindle)
    update = staticmethod(update_spindle)
    warn_unsaved_form = True
    list_display = ("name", "tenant", "owner", "state", "version", "live", "nodes", "updated_at")
    list_select_related = ("organization", "owner")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("live_status", ChoicesDropdownFilter),
        TagFilter,
        ("owner", RelatedDropdownFilter),
        ("organization", RelatedDropdownFilter),
        PublishedFilter,
        DeletedFilter,
    )
    list_filter_submit = True
    search_fields = ("name", "slug", "description")
    search_help_text = "Name, slug or description"
    readonly_fields = ("facts", "picture", "problems", "versions_tab", "runs_tab", "triggers_tab",
                       "events_tab")  # fmt: skip
    fieldsets = (
        (None, {"fields": ("facts",)}),
        ("Spindle", {"fields": ("picture", *_SPINDLE, "seen_revision", "overwrite"),
                     "classes": ("tab", "nl-beside-picture")}),
        ("Steps", {"fields": ("problems", *_DEFINITION), "classes": ("tab",)}),
        ("Runs", {"fields": ("runs_tab",), "classes": ("tab",)}),
        ("Triggers", {"fields": ("triggers_tab",), "classes": ("tab",)}),
        ("Versions", {"fields": ("versions_tab",), "classes": ("tab",)}),
        ("Metadata", {"fields": _MORE, "classes": ("tab",)}),
        ("Events", {"fields": ("events_tab",), "classes": ("tab",)}),
    )  # fmt: skip
    add_fieldsets = (
        ("Spindle", {"fields": ("tenant", *_SPINDLE), "classes": ("tab",)}),
        ("Steps", {"fields": _DEFINITION, "classes": ("tab",)}),
        ("Metadata", {"fields": _MORE, "classes": ("tab",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Spindle]:
        """Read the deleted too; for the list, count nodes and leave the drawings out."""
        rows: QuerySet[Spindle] = super().get_queryset(request)
        rows = rows.select_related("organization", "owner")
        match = request.resolver_match
        if match is None or match.url_name != "spindles_spindle_changelist":
            return rows
        count = Func(F("nodes_data"), function="jsonb_array_length", output_field=IntegerField())
        return rows.defer(*CANVAS_FIELDS, "inputs", "outputs", "metadata").annotate(_nodes=count)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Close what only an open draft may change."""
        fields = super().get_readonly_fields(request, obj)
        if obj is None or obj.status == SpindleStatus.DRAFT:
            return fields
        return (*fields, *(n for n in EDITABLE if n not in ALWAYS_OPEN and n != "steps"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the list of steps out where no draft is open; the picture shows them."""
        sections = super().get_fieldsets(request, obj)
        if obj is None or (obj.status == SpindleStatus.DRAFT and obj.deleted_at is None):
            return sections
        return [
            (title, {**options, "fields": [n for n in options["fields"] if n != "steps"]})
            for title, options in sections
        ]

    @display(description="Status", ordering="status", label=_TONES)
    def state(self, entity: Any) -> str:
        """Return the status, or that it is deleted."""
        return "deleted" if entity.deleted_at else str(entity.status)

    @display(description="Live", ordering="published_version")
    def live(self, spindle: Spindle) -> str:
        """Return the version that runs follow, and how it is."""
        if spindle.published_version is None:
            return NOTHING
        return f"{spindle.published_version} {spindle.live_status or ''}".strip()

    @display(description="Nodes", ordering="_nodes")
    def nodes(self, spindle: Spindle) -> int:
        """Return how many steps and triggers are drawn."""
        return int(getattr(spindle, "_nodes", 0))

    @display(description="State")
    def facts(self, spindle: Spindle) -> SafeString:
        """Return what stands above the form."""
        return panel("admin/spindles/spindle_facts.html", spindle=spindle)

    @display(description="Picture")
    def picture(self, spindle: Spindle) -> SafeString:
        """Return the steps as they are drawn."""
        picture = draw_spindle(spindle=spindle, headed=False)
        return panel("admin/function_models/picture.html", picture=picture)

    @display(description="Problems")
    def problems(self, spindle: Spindle) -> SafeString:
        """Return what keeps it from being published."""
        return panel("admin/spindles/spindle_problems.html", problems=problems_of(spindle))

    @display(description="Versions")
    def versions_tab(self, spindle: Spindle) -> SafeString:
        """Return what was published."""
        rows = spindle.versions.select_related("author").defer("content")
        return panel("admin/spindles/spindle_versions.html", spindle=spindle, rows=list(rows))

    @display(description="Runs")
    def runs_tab(self, spindle: Spindle) -> SafeString:
        """Return its latest runs."""
        rows: Any = Execution.objects.filter(
            organization_id=spindle.organization_id,
            source_feature=spindle.feature_type,
            source_id=spindle.pk,
        )
        found = rows.without_content().select_related("started_by").order_by("-created_at")
        return panel(
            "admin/spindles/spindle_runs.html",
            spindle=spindle,
            rows=[(run, took(run)) for run in found[:RUNS_SHOWN]],
        )

    @display(description="Triggers")
    def triggers_tab(self, spindle: Spindle) -> SafeString:
        """Return what starts the live version by itself."""
        rows = SpindleTrigger.objects.filter(spindle=spindle).order_by("key")
        rows = rows.defer("secret", "previous_secret")
        return panel("admin/spindles/spindle_triggers.html", rows=list(rows))

    @display(description="Events")
    def events_tab(self, spindle: Spindle) -> SafeString:
        """Return what happened to it lately."""
        return events_panel(spindle)
