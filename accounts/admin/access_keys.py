"""Keys of machines: to look at, and to revoke."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AccessKey
from accounts.services import revoke_access_key
from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.theme import action, display


class StateFilter(admin.SimpleListFilter):
    """Keys in use or out of use."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer both."""
        return [("usable", "In use"), ("unusable", "Revoked or expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AccessKey]) -> QuerySet[AccessKey]:
        """Narrow the list."""
        usable = AccessKey.objects.usable().values("pk")
        if self.value() == "usable":
            return queryset.filter(pk__in=usable)
        return queryset.exclude(pk__in=usable) if self.value() == "unusable" else queryset


@admin.register(AccessKey)
class AccessKeyAdmin(OfTenant, ReadOnlyAdmin):
    """Keys are made by their owners, who alone see the secret."""

    list_display = ("name", "beginning", "user", "tenant", "state", "last_used_at",
                    "expires_at")  # fmt: skip
    list_select_related = ("user", "organization")
    list_filter = (StateFilter, "organization")
    search_fields = ("name", "prefix", "user__email")
    fields = ("name", "beginning", "user", "organization", "scope_list", "rate_limit", "state",
              "last_used_at", "expires_at", "revoked_at", "created_at", "fingerprint")  # fmt: skip
    readonly_fields = ("beginning", "state", "scope_list", "fingerprint")
    actions = ("revoke",)

    @display(description="Begins with")
    def beginning(self, key: AccessKey) -> str:
        """Return the part of the key that may be shown."""
        return f"{key.prefix}…"

    @display(description="SHA-256 begins with")
    def fingerprint(self, key: AccessKey) -> str:
        """Return enough of the hash to tell two keys apart."""
        return f"{key.key_hash[:12]}…"

    @display(description="Scopes")
    def scope_list(self, key: AccessKey) -> str:
        """Return the scopes in one line."""
        return ", ".join(key.scopes)

    @display(
        description="State", label={"in use": "success", "revoked": "danger", "expired": "warning"}
    )
    def state(self, key: AccessKey) -> str:
        """Return whether the key opens anything."""
        if key.revoked_at:
            return "revoked"
        expired = key.expires_at is not None and key.expires_at <= timezone.now()
        return "expired" if expired else "in use"

    @action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessKey]) -> None:
        """Make the chosen keys useless from now on."""
        living = list(queryset.filter(revoked_at=None))
        for key in living:
            revoke_access_key(key=key)
        messages.success(request, f"Keys revoked: {len(living)}.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Revoking is a change of the key."""
        return request.user.has_perm("accounts.change_accesskey")
