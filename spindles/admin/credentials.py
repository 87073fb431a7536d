"""Credentials: which there are, where they may go; never what they are."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING
from config.admin.theme import display
from spindles.models import Credential


@admin.register(Credential)
class CredentialAdmin(OfTenant, ReadOnlyAdmin):
    """Credentials are made and rotated by administrators of the organisations."""

    list_display = ("name", "tenant", "kind", "places", "created_at", "rotated_at")
    list_select_related = ("organization",)
    list_filter = ("kind", ("organization", RelatedDropdownFilter))
    search_fields = ("name", "description")
    fields = ("name", "description", "organization", "kind", "username", "header", "places",
              "created_by", "created_at", "rotated_at", "updated_at")  # fmt: skip
    readonly_fields = ("places",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        """Leave the secrets in the database."""
        rows: QuerySet[Credential] = super().get_queryset(request)
        return rows.defer("secret")

    @display(description="Hosts")
    def places(self, row: Credential) -> str:
        """Return where it may be sent, in one line."""
        return ", ".join(row.hosts) or NOTHING
