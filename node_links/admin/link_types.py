"""What a link can mean."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminColorInputWidget

from config.admin.base import OperatorAdmin
from config.admin.theme import display
from node_links.models import NodeLink, NodeLinkType


@admin.register(NodeLinkType)
class LinkTypeAdmin(OperatorAdmin):
    """The platform's own types belong to no organisation and are seen by all."""

    list_display = ("swatch", "type_name", "description", "owner", "is_bidirectional")
    list_display_links = ("type_name",)
    list_select_related = ("organization",)
    list_filter = ("organization",)
    search_fields = ("type_name", "description")
    autocomplete_fields = ("organization",)
    fields = ("type_name", "organization", "description", "color", "icon", "is_bidirectional")

    @display(description="")
    def swatch(self, kind: NodeLinkType) -> SafeString:
        """Return the colour as a dot."""
        return format_html(
            '<span class="nl-swatch" style="background:{}"></span>', kind.color or "transparent"
        )

    @display(description="Owner", empty_value="platform")
    def owner(self, kind: NodeLinkType) -> str | None:
        """Return whose type it is."""
        return kind.organization.name if kind.organization else None

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the browser's colour picker."""
        if db_field.name == "color":
            kwargs["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(
        self, request: HttpRequest, obj: NodeLinkType | None = None
    ) -> tuple[str, ...]:
        """Keep name and owner: links carry the name."""
        return ("type_name", "organization") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: NodeLinkType | None = None) -> bool:
        """Keep the platform's types, and those in use."""
        if obj is None:
            return bool(super().has_delete_permission(request, obj))
        links = NodeLink.objects.filter(link_type=obj.type_name, organization=obj.organization)
        free = obj.organization is not None and not links.exists()
        return free and bool(super().has_delete_permission(request, obj))
