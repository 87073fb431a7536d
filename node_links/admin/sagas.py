"""Sagas, their steps, and a second chance for compensations that failed."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import code, pretty_json
from config.admin.theme import TabularInline, action, display
from config.exceptions import DomainError
from node_links.choices import SagaStatus
from node_links.models import Saga, SagaStep
from node_links.sagas.compensating import retry_compensation
from node_links.sagas.resuming import stuck_sagas

_TONES = {
    SagaStatus.COMPLETED: "success",
    SagaStatus.COMPENSATED: "warning",
    SagaStatus.FAILED: "danger",
}


class StuckFilter(admin.SimpleListFilter):
    """Those that need somebody."""

    title = "needs somebody"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the one question."""
        return [("yes", "Failed, or taken over by nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Saga]) -> QuerySet[Saga]:
        """Narrow the list."""
        return queryset & stuck_sagas() if self.value() == "yes" else queryset


class StepInline(TabularInline):
    """The steps, in order."""

    model = SagaStep
    extra = 0
    ordering = ("position",)
    fields = ("position", "name", "status", "tries", "compensation_tries", "errors", "answer",
              "started_at", "finished_at", "compensated_at")  # fmt: skip
    readonly_fields = ("errors", "answer")
    can_delete = False

    @display(description="Errors")
    def errors(self, step: SagaStep) -> SafeString | None:
        """Return what the action and the compensation said."""
        told = [text for text in (step.error, step.compensation_error) if text]
        return code("\n".join(told)) if told else None

    @display(description="Result")
    def answer(self, step: SagaStep) -> SafeString | None:
        """Return what the action left for its compensation."""
        return pretty_json(step.result) if step.result else None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Steps are stored with their saga."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Steps are moved by the saga's runner."""
        return False


@admin.register(Saga)
class SagaAdmin(OfTenant, ReadOnlyAdmin):
    """They run by themselves; one that failed says which step could not be undone."""

    inlines = (StepInline,)
    list_display = ("created_at", "name", "state", "tenant", "created_by", "finished_at", "why")
    list_select_related = ("organization", "created_by")
    list_filter = (StuckFilter, "status", "name", ("organization", RelatedDropdownFilter))
    search_fields = ("=id", "=correlation_id", "error")
    search_help_text = "The id of a saga or of a request, or an error"
    fields = ("name", "state", "organization", "created_by", "role", "given", "whole_error",
              "correlation_id", "lease_until", "fencing_token", "created_at", "updated_at",
              "finished_at")  # fmt: skip
    readonly_fields = ("state", "given", "whole_error")
    actions = ("retry_compensation",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Saga]:
        """Read organisation and person along."""
        rows: QuerySet[Saga] = super().get_queryset(request)
        return rows.select_related("organization", "created_by")

    @display(description="State", ordering="status", label=_TONES)
    def state(self, saga: Saga) -> tuple[str, str]:
        """Return how far it is."""
        return saga.status, saga.get_status_display()

    @display(description="Error")
    def why(self, saga: Saga) -> str:
        """Return the beginning of what turned it back."""
        return saga.error[:80]

    @display(description="Error")
    def whole_error(self, saga: Saga) -> SafeString | None:
        """Return what turned it back."""
        return code(saga.error) if saga.error else None

    @display(description="Payload")
    def given(self, saga: Saga) -> SafeString:
        """Return what it was started with."""
        return pretty_json(saga.payload)

    @action(description="Retry compensation", permissions=["retry"])
    def retry_compensation(self, request: HttpRequest, queryset: QuerySet[Saga]) -> None:
        """Give the compensations of the chosen sagas, where they failed, three more tries."""
        done = 0
        for saga_id in queryset.values_list("pk", flat=True):
            try:
                retry_compensation(saga_id=saga_id)
                done += 1
            except DomainError as refusal:
                messages.warning(request, f"{saga_id}: {refusal.detail}")
        if done:
            messages.success(request, f"To be compensated again: {done}.")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Trying again is a change of the saga."""
        return request.user.has_perm("node_links.change_saga")
