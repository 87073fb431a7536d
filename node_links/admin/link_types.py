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
    """The platform's own types belong to no organisation and are seen by all.

    Their looks may be changed; what they mean may not, as links of every organisation rely on it.
    """

    list_display = ("swatch", "type_name", "description", "owner", "is_bidirectional", "travels")
    list_display_links = ("type_name",)
    list_select_related = ("organization",)
    list_filter = ("organization",)
    search_fields = ("type_name", "description")
    autocomplete_fields = ("organization",)
    fields = ("type_name", "organization", "description", "color", "icon", "is_bidirectional",
              "change_travels")  # fmt: skip

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

    @display(description="A change travels", ordering="change_travels")
    def travels(self, kind: NodeLinkType) -> str:
        """Return which way the effect of a change goes along it."""
        return kind.get_change_travels_display()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the browser's colour picker."""
        if db_field.name == "color":
            kwargs["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(
        self, request: HttpRequest, obj: NodeLinkType | None = None
    ) -> tuple[str, ...]:
        """Keep name and owner, as links carry the name; and what a type of the platform means."""
        if obj is None:
            return ()
        fixed = ("type_name", "organization")
        return fixed if obj.organization_id else (*fixed, "is_bidirectional", "change_travels")

    def has_delete_permission(self, request: HttpRequest, obj: NodeLinkType | None = None) -> bool:
        """Keep the platform's types, and those in use."""
        if obj is None:
            return bool(super().has_delete_permission(request, obj))
        links = NodeLink.objects.filter(link_type=obj.type_name, organization=obj.organization)
        free = obj.organization is not None and not links.exists()
        return free and bool(super().has_delete_permission(request, obj))
