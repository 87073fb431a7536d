"""Links between nodes."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from accounts.admin.operators import operator_of
from config.admin.base import OfTenant, OperatorAdmin
from config.admin.display import admin_link, panel
from config.admin.theme import action, display
from node_links.admin.drifts import DriftFilter, drift_badge
from node_links.admin.link_forms import LinkForm
from node_links.admin.neighbourhood import neighbourhood_address
from node_links.admin.node_choice import describe_node
from node_links.choices import LinkOrigin
from node_links.models import LinkStrengthCalculation, NodeLink, NodeMetadata
from node_links.services.links.creating import create_link
from node_links.services.links.removing import delete_link
from node_links.services.links.updating import update_link

_CALCULATIONS_SHOWN = 50
_WARNINGS = {
    "many_connections": "One of the two now has more than ten links.",
    "many_triggers": "The source now triggers more than five others.",
}
_FIXED = ("source_node", "link_type", "target_node", "organization")
_GIVEN = ("base_strength", "version_pin", "link_context", "visual_properties")


@admin.register(NodeLink)
class LinkAdmin(OfTenant, OperatorAdmin):
    """Links made by hand are changed here; the others follow the content, or the runs."""

    form = LinkForm
    list_display = ("source_name", "link_type", "target_name", "tenant", "origin_label",
                    "strength", "version", "created_at")  # fmt: skip
    list_display_links = ("source_name",)
    list_filter = (
        "link_type",
        ("origin", ChoicesDropdownFilter),
        DriftFilter,
        ("source_feature", ChoicesDropdownFilter),
        ("target_feature", ChoicesDropdownFilter),
        ("organization", RelatedDropdownFilter),
    )
    search_fields = ("source__name", "target__name")
    search_help_text = "Names at either end"
    actions_detail = ("neighbourhood",)
    fieldsets = (
        (None, {"fields": (*_FIXED, "origin_label", "version", "link_strength", *_GIVEN,
                           "seen_revision")}),
        ("Strength", {"fields": ("strength_history",), "classes": ("tab",)}),
        ("More", {"fields": ("created_by", "created_at", "updated_at"), "classes": ("tab",)}),
    )  # fmt: skip
    add_fieldsets = ((None, {"fields": ("source", "link_type", "target", *_GIVEN)}),)
    readonly_fields = (*_FIXED, "origin_label", "version", "link_strength", "strength_history",
                       "created_by", "created_at", "updated_at")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeLink]:
        """Read both ends without their vectors, and what drifted."""
        rows: QuerySet[NodeLink] = super().get_queryset(request)
        return rows.select_related("source", "target", "organization", "drift").defer(
            "source__vector_embedding", "target__vector_embedding",
            "source__search_text", "target__search_text",
        )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: NodeLink | None = None) -> Any:
        """Ask for the ends of a new link only; a page for looking has no revision to compare."""
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        (title, shown), *tabs = self.fieldsets
        fields = tuple(name for name in shown["fields"] if name != "seen_revision")
        return ((title, {"fields": fields}), *tabs)

    def get_readonly_fields(
        self, request: HttpRequest, obj: NodeLink | None = None
    ) -> tuple[str, ...]:
        """Keep ends and meaning: a link that joins others is another link."""
        return self.readonly_fields if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Take both ends from the address, where it names nodes."""
        given = super().get_changeform_initial_data(request)
        return {name: value for name, value in given.items() if _is_id(value)}

    def save_model(self, request: HttpRequest, obj: NodeLink, form: Any, change: bool) -> None:
        """Make or change a link through the services, and pass on what they warn of."""
        if change:
            saved = update_link(
                actor=operator_of(request, obj.organization_id),
                pk=obj.pk,
                values=form.values,
                expected_revision=form.cleaned_data.get("seen_revision"),
            )
        else:
            actor = operator_of(request, form.cleaned_data["source"].organization_id)
            saved, warnings = create_link(actor=actor, draft=form.draft)
            for code in warnings:
                messages.warning(request, _WARNINGS.get(code, code))
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: NodeLink) -> None:
        """Take the link away."""
        actor = operator_of(request, obj.organization_id)
        delete_link(actor=actor, pk=obj.pk, reason="Removed in the admin.")

    def has_change_permission(self, request: HttpRequest, obj: NodeLink | None = None) -> bool:
        """Leave alone what the platform keeps itself."""
        return _by_hand(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: NodeLink | None = None) -> bool:
        """Leave alone what the platform keeps itself."""
        return _by_hand(obj) and bool(super().has_delete_permission(request, obj))

    @action(description="Neighbourhood", icon="hub")
    def neighbourhood(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the picture of what lies around the source."""
        try:
            link = NodeLink.objects.get(pk=object_id)
        except (NodeLink.DoesNotExist, ValidationError) as error:
            raise Http404 from error
        return redirect(neighbourhood_address(link.source_feature, link.source_entity_id))

    @display(description="From", ordering="source__name")
    def source_name(self, link: NodeLink) -> str:
        """Return the name of the one end."""
        return link.source.name

    @display(description="To", ordering="target__name")
    def target_name(self, link: NodeLink) -> str:
        """Return the name of the other end."""
        return link.target.name

    @display(
        description="Origin",
        ordering="origin",
        label={"manual": "primary", "derived": "info", "runtime": "success"},
    )
    def origin_label(self, link: NodeLink) -> str:
        """Return who made it."""
        return link.origin

    @display(description="Strength", ordering="link_strength")
    def strength(self, link: NodeLink) -> SafeString:
        """Return the strength as a bar."""
        return strength_bar(float(link.link_strength))

    @display(description="Version")
    def version(self, link: NodeLink) -> SafeString:
        """Return the pin, and whether the target has moved on."""
        return drift_badge(link)

    @display(description="From")
    def source_node(self, link: NodeLink) -> SafeString | str:
        """Return a link to the one end."""
        return admin_link(NodeMetadata, link.source_id, describe_node(link.source))

    @display(description="To")
    def target_node(self, link: NodeLink) -> SafeString | str:
        """Return a link to the other end."""
        return admin_link(NodeMetadata, link.target_id, describe_node(link.target))

    @display(description="Calculations")
    def strength_history(self, link: NodeLink) -> SafeString:
        """Return how the strength came to be, the latest calculation first."""
        rows = LinkStrengthCalculation.objects.filter(
            organization_id=link.organization_id, link=link
        )
        shown = rows.select_related("calculated_by")[:_CALCULATIONS_SHOWN]
        return panel("admin/nodeloom/strengths.html", rows=shown, link=link)


def strength_bar(strength: float) -> SafeString:
    """Return a strength of 0 to 1 as a bar and a number."""
    return format_html(
        '<span class="nl-strength"><i style="width:{}%"></i></span>{}',
        round(100 * strength),
        f"{strength:.2f}",
    )


def _by_hand(link: NodeLink | None) -> bool:
    return link is None or link.origin == LinkOrigin.MANUAL


def _is_id(text: object) -> bool:
    try:
        return bool(UUID(str(text)))
    except ValueError:
        return False
