"""Triggers and what they fired: to look at. Secrets stay where they are."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.paginator import InfinitePaginator

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING, admin_link, list_address, pretty_json
from config.admin.theme import display
from spindles.models import Execution, Spindle, SpindleTrigger, TriggerFiring

_COLOURS = {"active": "success", "stopped": "danger", "removed": "info",
            "started": "success", "skipped": "info", "refused": "danger"}  # fmt: skip


@admin.register(SpindleTrigger)
class SpindleTriggerAdmin(OfTenant, ReadOnlyAdmin):
    """Triggers come with the version of their spindle, and go with it."""

    list_display = ("key", "spindle_link", "tenant", "kind", "state_label", "when", "next_at")
    list_filter = ("kind", "state", ("organization", RelatedDropdownFilter))
    search_fields = ("key", "spindle__name", "=path", "=event_type")
    fields = ("key", "spindle_link", "organization", "kind", "state_label", "origin", "version",
              "written", "input_names", "next_at", "event_type", "path", "previous_until", "log",
              "registered_by", "created_at", "updated_at")  # fmt: skip
    readonly_fields = ("spindle_link", "state_label", "written", "log")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpindleTrigger]:
        """Read organisation and spindle along, and leave the secrets in the database."""
        rows: QuerySet[SpindleTrigger] = super().get_queryset(request)
        wide = rows.select_related("organization", "spindle")
        return wide.defer("secret", "previous_secret", *_drawing("spindle"))

    @display(description="Spindle", ordering="spindle__name")
    def spindle_link(self, row: SpindleTrigger) -> SafeString | str:
        """Return a link to the spindle."""
        return admin_link(Spindle, row.spindle_id, str(row.spindle))

    @display(description="State", ordering="state", label=_COLOURS)
    def state_label(self, row: SpindleTrigger) -> str:
        """Return whether it fires."""
        return row.state

    @display(description="When")
    def when(self, row: SpindleTrigger) -> str:
        """Return what it waits for, in one line."""
        config = row.config
        cron = f"{config['cron']} {config['timezone']}" if "cron" in config else None
        return str(cron or row.event_type or row.path or NOTHING)

    @display(description="As written down")
    def written(self, row: SpindleTrigger) -> SafeString | str:
        """Return the definition."""
        return pretty_json(row.config)

    @display(description="Firings")
    def log(self, row: SpindleTrigger) -> SafeString | str:
        """Return a link to the firings of this trigger."""
        address = list_address("spindles_triggerfiring", trigger__id__exact=row.pk)
        return format_html('<a class="text-link" href="{}">Show the log</a>', address)


@admin.register(TriggerFiring)
class TriggerFiringAdmin(OfTenant, ReadOnlyAdmin):
    """Each time that a trigger fired, and the run it started or why it started none."""

    paginator = InfinitePaginator  # nobody counts millions of rows to show fifty
    list_display = ("created_at", "trigger_link", "tenant", "outcome_label", "planned_at", "missed",
                    "run", "reason")  # fmt: skip
    list_filter = ("outcome", ("organization", RelatedDropdownFilter))
    search_fields = ("=occurrence", "=trigger__id", "=execution__id")
    search_help_text = "The id of a delivery, an event, a trigger or a run"
    fields = ("trigger_link", "spindle_link", "organization", "outcome_label", "reason",
              "planned_at", "missed", "occurrence", "run", "created_at")  # fmt: skip
    readonly_fields = ("trigger_link", "spindle_link", "outcome_label", "run")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TriggerFiring]:
        """Read along what is named, without secrets and drawings."""
        rows: QuerySet[TriggerFiring] = super().get_queryset(request)
        wide = rows.select_related("organization", "trigger", "spindle")
        secrets = ("trigger__secret", "trigger__previous_secret")
        return wide.defer(*secrets, *_drawing("spindle"))

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Let a trigger's page show its own firings."""
        return lookup == "trigger__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="Trigger")
    def trigger_link(self, row: TriggerFiring) -> SafeString | str:
        """Return a link to the trigger."""
        return admin_link(SpindleTrigger, row.trigger_id, str(row.trigger))

    @display(description="Spindle")
    def spindle_link(self, row: TriggerFiring) -> SafeString | str:
        """Return a link to the spindle."""
        return admin_link(Spindle, row.spindle_id, str(row.spindle))

    @display(description="Outcome", ordering="outcome", label=_COLOURS)
    def outcome_label(self, row: TriggerFiring) -> str:
        """Return what came of it."""
        return row.outcome

    @display(description="Run")
    def run(self, row: TriggerFiring) -> SafeString | str:
        """Return a link to the run."""
        if row.execution_id is None:
            return NOTHING
        return admin_link(Execution, row.execution_id, str(row.execution_id)[:8])


def _drawing(spindle: str) -> list[str]:
    """Return the columns of a spindle that are as large as its drawing."""
    return [f"{spindle}__{name}" for name in ("nodes_data", "edges_data", "document_data")]
