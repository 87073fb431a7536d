"""What people were told, and what became of the mails."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.paginator import InfinitePaginator

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING
from config.admin.theme import action, display
from node_links.admin.entities import entity_link
from node_links.choices import MailStatus
from node_links.models import Notification
from node_links.notifications.mailing import resend

_COLOURS = {
    MailStatus.PENDING.label: "info",
    MailStatus.SENT.label: "success",
    MailStatus.FAILED.label: "danger",
}


@admin.register(Notification)
class NotificationAdmin(OfTenant, ReadOnlyAdmin):
    """A mail that failed says why, and can be sent again."""

    paginator = InfinitePaginator
    list_display = ("created_at", "user", "title", "kind", "channel", "mail", "attempts", "tenant")
    list_filter = ("status", "channel", "kind", ("organization", RelatedDropdownFilter))
    search_fields = ("=user__email", "title", "=event_id", "=entity_id")
    search_help_text = "An e-mail address, words of the title, the id of an event or an entity"
    fields = ("created_at", "user", "organization", "kind", "channel", "title", "body", "about",
              "event_id", "read_at", "mail", "attempts", "not_before", "sent_at",
              "last_error")  # fmt: skip
    readonly_fields = ("about", "mail")
    actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """Read person and organisation along."""
        rows: QuerySet[Notification] = super().get_queryset(request)
        return rows.select_related("user", "organization")

    @display(description="Mail", ordering="status", label=_COLOURS)
    def mail(self, row: Notification) -> Any:
        """Return what became of the mail; a notice in the product has none."""
        return row.get_status_display() if row.status else NOTHING

    @display(description="About")
    def about(self, row: Notification) -> SafeString | str:
        """Return a link to what it is about."""
        return entity_link(row.feature_type, row.entity_id)

    @action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Make the chosen mails due at once, their failures forgotten."""
        found = resend(queryset.values_list("pk", flat=True))
        messages.success(request, f"Due now: {found}.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Sending again is a change of the row."""
        return request.user.has_perm("node_links.change_notification")
