"""Replays of past events, and how far each is."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import code, pretty_json
from config.admin.theme import display
from node_links.choices import ReplayStatus
from node_links.models import EventReplay

_TONES = {
    ReplayStatus.QUEUED: "info",
    ReplayStatus.RUNNING: "info",
    ReplayStatus.COMPLETED: "success",
    ReplayStatus.FAILED: "danger",
}


@admin.register(EventReplay)
class ReplayAdmin(OfTenant, ReadOnlyAdmin):
    """They are asked for in the list of events, over REST, or by `manage.py replay_events`."""

    list_display = ("created_at", "tenant", "state", "progress", "receiver", "requested_by",
                    "finished_at")  # fmt: skip
    list_select_related = ("organization", "requested_by")
    list_filter = ("status", ("organization", RelatedDropdownFilter))
    search_fields = ("=id",)
    search_help_text = "The id of a replay"
    fields = ("state", "progress", "receiver", "organization", "asked", "requested_by",
              "created_at", "started_at", "updated_at", "finished_at", "whole_error")  # fmt: skip
    readonly_fields = ("state", "progress", "receiver", "asked", "whole_error")

    @display(description="State", ordering="status", label=_TONES)
    def state(self, replay: EventReplay) -> tuple[str, str]:
        """Return whether it has ended, and how."""
        return replay.status, replay.get_status_display()

    @display(description="Events")
    def progress(self, replay: EventReplay) -> str:
        """Return how many of them are due again."""
        share = f" ({100 * replay.done // replay.total} %)" if replay.total else ""
        return f"{replay.done} of {replay.total}{share}"

    @display(description="Subscriber")
    def receiver(self, replay: EventReplay) -> str:
        """Return who hears of them."""
        return replay.request.get("subscriber") or "All that may be replayed"

    @display(description="Asked for")
    def asked(self, replay: EventReplay) -> SafeString:
        """Return which events were meant."""
        return pretty_json(replay.request)

    @display(description="Error")
    def whole_error(self, replay: EventReplay) -> str | None:
        """Return what ended it."""
        return code(replay.error) if replay.error else None
