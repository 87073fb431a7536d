"""Memberships across organisations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.membership_writing import apply_memberships
from accounts.admin.operators import operator_of
from accounts.models import Membership
from config.admin.base import OfTenant, OperatorAdmin


@admin.register(Membership)
class MembershipAdmin(OfTenant, OperatorAdmin):
    """Who is what where."""

    list_display = ("user", "tenant", "role", "created_at")
    list_select_related = ("user", "organization")
    list_filter = ("role", "organization")
    search_fields = ("user__email", "user__name", "organization__name", "organization__slug")
    autocomplete_fields = ("user", "organization")
    fields = ("organization", "user", "role")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Membership | None = None
    ) -> tuple[str, ...]:
        """Let only the role of a member change."""
        return ("organization", "user") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Add a member or change the role."""
        actor = operator_of(request, obj.organization_id)
        if change:
            apply_memberships(actor=actor, changed=[obj])
            return
        apply_memberships(actor=actor, new=[obj])
        obj.pk = Membership.objects.get(organization=obj.organization, user=obj.user).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """End the membership, with the keys that acted for it."""
        apply_memberships(actor=operator_of(request, obj.organization_id), removed=[obj])
