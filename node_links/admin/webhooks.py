"""Webhooks and the messages to them: to look at, to stop, to send again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.paginator import InfinitePaginator

from accounts.admin.operators import operator_of
from config.admin.acting import act_on_each
from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING, admin_link, code, list_address, pretty_json
from config.admin.theme import action, display
from node_links.models import Webhook, WebhookDelivery
from node_links.webhooks import services

_COLOURS = {"active": "success", "disabled": "danger",
            "succeeded": "success", "pending": "info", "failed": "danger"}  # fmt: skip


@admin.register(Webhook)
class WebhookAdmin(OfTenant, ReadOnlyAdmin):
    """Webhooks are made by administrators of the organisations, who alone see the secret."""

    list_display = ("url", "tenant", "meant", "state", "failures", "created_at")
    list_select_related = ("organization",)
    list_filter = ("status", ("organization", RelatedDropdownFilter))
    search_fields = ("url", "description")
    fields = ("url", "description", "organization", "meant", "narrowed", "state", "failures",
              "disabled_at", "disabled_reason", "previous_until", "log", "created_by",
              "created_at", "updated_at")  # fmt: skip
    readonly_fields = ("meant", "narrowed", "state", "log")
    actions = ("enable_selected", "disable_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        """Leave the secrets in the database."""
        rows: QuerySet[Webhook] = super().get_queryset(request)
        return rows.defer("secret", "previous_secret")

    @display(description="Events")
    def meant(self, row: Webhook) -> str:
        """Return the types in one line."""
        return ", ".join(row.types)

    @display(description="Filter")
    def narrowed(self, row: Webhook) -> SafeString | str:
        """Return what narrows the events."""
        return pretty_json(row.filter) if row.filter else NOTHING

    @display(description="State", ordering="status", label=_COLOURS)
    def state(self, row: Webhook) -> str:
        """Return whether it is sent to."""
        return row.status

    @display(description="Messages")
    def log(self, row: Webhook) -> SafeString | str:
        """Return a link to the messages of this webhook."""
        address = list_address("node_links_webhookdelivery", webhook__id__exact=row.pk)
        return format_html('<a class="text-link" href="{}">Show the log</a>', address)

    @action(description="Enable", permissions=["operate"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Send to them again."""
        act_on_each(
            request,
            queryset,
            "Enabled",
            lambda row: services.enable_webhook(
                actor=operator_of(request, row.organization_id), pk=row.pk
            ),
        )

    @action(description="Disable", permissions=["operate"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Send nothing to them until they are enabled again."""
        act_on_each(
            request,
            queryset,
            "Disabled",
            lambda row: services.disable_webhook(
                actor=operator_of(request, row.organization_id), pk=row.pk, reason="By an operator."
            ),
        )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Stopping one is a change of it."""
        return request.user.has_perm("node_links.change_webhook")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OfTenant, ReadOnlyAdmin):
    """Each message, its tries and the latest answer."""

    paginator = InfinitePaginator  # nobody counts millions of rows to show fifty
    list_display = ("created_at", "event_type", "receiver", "tenant", "state", "attempts",
                    "last_status", "error")  # fmt: skip
    list_filter = ("status", ("organization", RelatedDropdownFilter), "event_type")
    search_fields = ("=event_id", "=webhook__id")
    search_help_text = "The id of an event or of a webhook"
    fields = ("event_type", "event_id", "receiver", "organization", "state", "attempts",
              "not_before", "last_status", "duration_ms", "last_error", "answer", "tries",
              "created_at", "finished_at")  # fmt: skip
    readonly_fields = ("receiver", "state", "answer", "tries")
    actions = ("resend",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        """Read organisation and webhook along, without its secrets."""
        rows: QuerySet[WebhookDelivery] = super().get_queryset(request)
        return rows.select_related("organization", "webhook").defer(
            "webhook__secret", "webhook__previous_secret"
        )

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Let a webhook's page show its own messages."""
        return lookup == "webhook__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="Webhook")
    def receiver(self, row: WebhookDelivery) -> SafeString | str:
        """Return a link to the webhook."""
        return admin_link(Webhook, row.webhook_id, str(row.webhook))

    @display(description="State", ordering="status", label=_COLOURS)
    def state(self, row: WebhookDelivery) -> str:
        """Return how far it is."""
        return row.status

    @display(description="Last error")
    def error(self, row: WebhookDelivery) -> str:
        """Return its beginning."""
        return row.last_error[:80]

    @display(description="Latest answer")
    def answer(self, row: WebhookDelivery) -> SafeString | str:
        """Return what the receiver wrote."""
        return code(row.last_response) if row.last_response else NOTHING

    @display(description="Tries")
    def tries(self, row: WebhookDelivery) -> SafeString | str:
        """Return each try."""
        return pretty_json(row.log) if row.log else NOTHING

    @action(description="Send again", permissions=["operate"])
    def resend(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Send finished messages again, under the same id."""
        act_on_each(
            request,
            queryset,
            "Queued",
            lambda row: services.retry_delivery(
                actor=operator_of(request, row.organization_id),
                webhook_id=row.webhook_id,
                delivery_id=row.pk,
            ),
        )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Sending again is a change of the message."""
        return request.user.has_perm("node_links.change_webhookdelivery")
