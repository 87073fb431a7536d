"""Accounts that were locked after too many failed sign-ins, and how to open them."""

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.base import ReadOnlyAdmin
from config.admin.theme import action, display


class LockedFilter(admin.SimpleListFilter):
    """Only what is locked."""

    title = "state"
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the one question."""
        return [("yes", "Locked")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AccessAttempt]
    ) -> QuerySet[AccessAttempt]:
        """Narrow the list."""
        return locked(queryset) if self.value() == "yes" else queryset


def locked(attempts: QuerySet[AccessAttempt]) -> QuerySet[AccessAttempt]:
    """Return the attempts that have closed an account for an address."""
    return attempts.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins, by account and address."""

    list_display = ("username", "ip_address", "failures_since_start", "state", "attempt_time")
    list_filter = (LockedFilter, "attempt_time")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "failures_since_start", "state", "attempt_time",
              "user_agent", "path_info")  # fmt: skip
    readonly_fields = ("state",)
    actions = ("reset",)

    @display(description="State", label={"locked": "danger", "counting": "info"})
    def state(self, attempt: AccessAttempt) -> str:
        """Return whether the account is closed for this address."""
        full = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        return "locked" if full else "counting"

    @action(description="Unlock", permissions=["reset"])
    def reset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Forget the failures, so that the person may try again at once."""
        chosen = list(queryset)
        for attempt in chosen:
            AxesProxyHandler.reset_attempts(
                username=attempt.username, ip_address=attempt.ip_address
            )
        messages.success(request, f"Unlocked: {len(chosen)}.")

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Unlocking is a deletion of the attempt."""
        return request.user.has_perm("axes.delete_accessattempt")
