"""What is on its way to subscribers, and what did not arrive."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.paginator import InfinitePaginator

from accounts.admin.operators import operator_of
from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import admin_link, code, pretty_json
from config.admin.theme import action, display
from node_links.models import DeadLetter, EventDelivery, NodeEvent
from node_links.services.dead_letters import discard_dead_letters, retry_dead_letters

_BY_HAND = "Discarded in the admin."


class OfEvent:
    """Columns for the event of a row; the list reads it along."""

    @display(description="Event", ordering="event__event_type")
    def what(self, row: Any) -> SafeString | str:
        """Return a link to it."""
        return admin_link(NodeEvent, row.event_id, row.event.event_type)

    @display(description="Data")
    def content(self, row: Any) -> SafeString:
        """Return the event's data as JSON."""
        return pretty_json(row.event.data)


@admin.register(EventDelivery)
class DeliveryAdmin(OfEvent, OfTenant, ReadOnlyAdmin):
    """A row for each event and subscriber; those delivered are forgotten after a week."""

    paginator = InfinitePaginator
    list_display = (
        "created_at",
        "what",
        "subscriber",
        "status",
        "attempts",
        "not_before",
        "tenant",
    )
    list_select_related = ("event", "organization")
    list_filter = ("status", "subscriber", "replayed", ("organization", RelatedDropdownFilter))
    search_fields = ("=entity_id", "=event_id")
    search_help_text = "The id of an entity or of an event"
    fields = ("what", "subscriber", "organization", "status", "attempts", "not_before", "replayed",
              "feature_type", "entity_id", "sequence", "created_at", "delivered_at", "error",
              "content")  # fmt: skip
    readonly_fields = ("what", "error", "content")

    @display(description="Last error")
    def error(self, row: EventDelivery) -> str | None:
        """Return all of it."""
        return code(row.last_error) if row.last_error else None


@admin.register(DeadLetter)
class DeadLetterAdmin(OfEvent, OfTenant, ReadOnlyAdmin):
    """What a subscriber refused at every try waits here for a decision."""

    list_display = (
        "last_failed_at",
        "what",
        "subscriber",
        "beginning",
        "tries",
        "status",
        "tenant",
    )
    list_select_related = ("event", "organization")
    list_filter = ("status", "subscriber", ("organization", RelatedDropdownFilter))
    search_fields = ("=event_id", "error")
    fields = ("what", "subscriber", "organization", "status", "tries", "first_failed_at",
              "last_failed_at", "whole_error", "content", "reason", "resolved_by",
              "resolved_at")  # fmt: skip
    readonly_fields = ("what", "whole_error", "content")
    actions = ("retry", "discard")

    @display(description="Error")
    def beginning(self, row: DeadLetter) -> str:
        """Return the beginning of the error."""
        return row.error[:80]

    @display(description="Error")
    def whole_error(self, row: DeadLetter) -> str:
        """Return all of the error."""
        return code(row.error)

    @action(description="Retry", permissions=["decide"])
    def retry(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        """Deliver the chosen ones again that are open."""
        count = retry_dead_letters(actor=operator_of(request, None), chosen=queryset)
        messages.success(request, f"Due again: {count}.")

    @action(description="Discard", permissions=["decide"])
    def discard(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        """Let the chosen ones go that are open."""
        count = discard_dead_letters(
            actor=operator_of(request, None), chosen=queryset, reason=_BY_HAND
        )
        messages.success(request, f"Discarded: {count}.")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Deciding is a change of the dead letter."""
        return request.user.has_perm("node_links.change_deadletter")
