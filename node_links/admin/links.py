"""Links between nodes."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING, admin_link, pretty_json
from config.admin.theme import display
from node_links.models import NodeLink, NodeMetadata


@admin.register(NodeLink)
class LinkAdmin(OfTenant, ReadOnlyAdmin):
    """Links that the platform derives follow the content; the others are made over the API."""

    list_display = ("source_name", "link_type", "target_name", "tenant", "origin_label",
                    "link_strength", "created_at")  # fmt: skip
    list_display_links = ("source_name",)
    list_select_related = ("source", "target", "organization")
    list_filter = (
        "link_type",
        ("origin", ChoicesDropdownFilter),
        ("source_feature", ChoicesDropdownFilter),
        ("target_feature", ChoicesDropdownFilter),
        ("organization", RelatedDropdownFilter),
    )
    search_fields = ("source__name", "target__name")
    search_help_text = "Names at either end"
    fields = ("source_node", "link_type", "target_node", "organization", "origin_label",
              "base_strength", "link_strength", "version_pin", "context", "created_by",
              "created_at", "updated_at")  # fmt: skip
    readonly_fields = ("source_node", "target_node", "origin_label", "context")

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeLink]:
        """Read both ends without their vectors."""
        rows: QuerySet[NodeLink] = super().get_queryset(request)
        return rows.select_related("source", "target", "organization").defer(
            "source__vector_embedding", "target__vector_embedding",
            "source__search_text", "target__search_text",
        )  # fmt: skip

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

    @display(description="From")
    def source_node(self, link: NodeLink) -> SafeString | str:
        """Return a link to the one end."""
        return admin_link(NodeMetadata, link.source_id, str(link.source))

    @display(description="To")
    def target_node(self, link: NodeLink) -> SafeString | str:
        """Return a link to the other end."""
        return admin_link(NodeMetadata, link.target_id, str(link.target))

    @display(description="Context")
    def context(self, link: NodeLink) -> SafeString | str:
        """Return what was said about it."""
        return pretty_json(link.link_context) if link.link_context else NOTHING
