"""The pages of runs."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.paginator import InfinitePaginator

from config.admin.base import OfTenant
from config.admin.display import NOTHING, pretty_json
from config.admin.theme import display
from node_links.admin.entities import entity_link
from spindles.admin import panels
from spindles.admin.filters import AttentionFilter, NestingFilter, PeriodFilter
from spindles.admin.run_actions import ExecutionActions
from spindles.models import Execution


@admin.register(Execution)
class ExecutionAdmin(OfTenant, ExecutionActions):
    """Runs of all organisations; nothing of a run is changed but by what is done to it."""

    paginator = InfinitePaginator  # nobody counts all runs to show fifty
    list_display = ("created_at", "what", "state", "progress_bar", "length", "environment",
                    "begun_by", "tenant")  # fmt: skip
    list_display_links = ("created_at",)
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        PeriodFilter,
        ("created_at", RangeDateTimeFilter),
        ("source_feature", ChoicesDropdownFilter),
        ("environment", ChoicesDropdownFilter),
        ("trigger_kind", ChoicesDropdownFilter),
        NestingFilter,
        ("started_by", RelatedDropdownFilter),
        ("organization", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("=id", "=source_id", "source_name", "=source_slug", "=correlation_id")
    search_help_text = "The id of a run, of what runs, or of a request; words of its name"
    readonly_fields = ("facts", "timeline", "way", "steps", "log", "related", "asked", "came_out",
                       "given", "why_it_failed", "origin")  # fmt: skip
    fieldsets = (
        (None, {"fields": ("facts",)}),
        ("Timeline", {"fields": ("timeline",), "classes": ("tab",)}),
        ("Path", {"fields": ("way",), "classes": ("tab",)}),
        ("Steps", {"fields": ("steps",), "classes": ("tab",)}),
        ("Log", {"fields": ("log",), "classes": ("tab",)}),
        ("Related", {"fields": ("related",), "classes": ("tab",)}),
        ("Data", {"fields": ("asked", "came_out", "why_it_failed", "given", "origin",
                             "correlation_id", "deadline_at", "revision"),
                  "classes": ("tab",)}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        """Read organisation and person along; for the list, leave out what can be large."""
        rows: Any = super().get_queryset(request).select_related("organization", "started_by")
        match = request.resolver_match
        if match is not None and match.url_name == "spindles_execution_changelist":
            found: QuerySet[Execution] = rows.without_content().defer("error")
            return found
        whole: QuerySet[Execution] = rows.select_related("plan")
        return whole

    def get_urls(self) -> list[Any]:
        """Add the address from which an open page renews itself."""
        view = self.admin_site.admin_view(self.live_view)
        return [path("<uuid:pk>/live/", view, name="spindles_execution_live"), *super().get_urls()]

    def live_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Return what has changed on the page of a run."""
        run = self.get_queryset(request).filter(pk=pk).first()
        if run is None or not self.has_view_permission(request, run):
            raise Http404
        return HttpResponse(panels.live_panels(run))

    @display(description="What", ordering="source_name")
    def what(self, run: Execution) -> SafeString:
        """Return what runs, in which version."""
        source = entity_link(run.source_feature, run.source_id, run.source_name)
        number = f"{run.source_version} (draft)" if run.is_draft else run.source_version
        kind = run.get_source_feature_display()
        return format_html('{}<div class="nl-muted">{} {}</div>', source, kind, number)

    @display(description="State", ordering="status", label=panels.TONES)
    def state(self, run: Execution) -> tuple[str, str]:
        """Return how far it is."""
        return run.status, run.get_status_display()

    @display(description="Progress")
    def progress_bar(self, run: Execution) -> SafeString:
        """Return how many steps have settled, as a bar."""
        progress = run.progress
        return format_html(
            '<span class="nl-progress nl-short" title="{} of {} steps">'
            '<i class="nl-run-{}" style="width:{}%"></i></span>',
            progress["completed"], progress["total"], run.status, round(progress["percent"]),
        )  # fmt: skip

    @display(description="Begun by", ordering="trigger_kind")
    def begun_by(self, run: Execution) -> SafeString:
        """Return what started it, and in whose name."""
        trigger, person = run.get_trigger_kind_display(), run.started_by or ""
        return format_html('{}<div class="nl-muted">{}</div>', trigger, person)

    @display(description="Took")
    def length(self, run: Execution) -> str:
        """Return how long it took or takes."""
        return panels.took(run) or NOTHING

    @display(description="State")
    def facts(self, run: Execution) -> SafeString:
        """Return where it stands."""
        return panels.facts_panel(run)

    @display(description="Timeline")
    def timeline(self, run: Execution) -> SafeString:
        """Return when each step ran."""
        return panels.timeline_panel(run)

    @display(description="Path")
    def way(self, run: Execution) -> SafeString:
        """Return how far it came."""
        return panels.path_panel(run)

    @display(description="Steps")
    def steps(self, run: Execution) -> SafeString:
        """Return its steps with their tries."""
        return panels.steps_panel(run)

    @display(description="Log")
    def log(self, run: Execution) -> SafeString:
        """Return its log."""
        return panels.log_panel(run)

    @display(description="Related")
    def related(self, run: Execution) -> SafeString:
        """Return the runs around it, and its snapshots."""
        return panels.related_panel(run)

    @display(description="Inputs")
    def asked(self, run: Execution) -> SafeString:
        """Return what was asked for."""
        return pretty_json(run.inputs)

    @display(description="Outputs")
    def came_out(self, run: Execution) -> SafeString:
        """Return what came of it."""
        return pretty_json(run.outputs)

    @display(description="Error")
    def why_it_failed(self, run: Execution) -> SafeString | str:
        """Return why it failed."""
        return pretty_json(run.error) if run.error else NOTHING

    @display(description="Context")
    def given(self, run: Execution) -> SafeString:
        """Return what it was given beside its inputs."""
        return pretty_json(run.context)

    @display(description="Trigger")
    def origin(self, run: Execution) -> SafeString | str:
        """Return what started it."""
        return pretty_json(run.trigger) if run.trigger else NOTHING
