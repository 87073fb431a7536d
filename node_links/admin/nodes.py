"""Nodes: what the graph consists of."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING, panel, pretty_json
from config.admin.theme import action, display
from node_links.admin.drifts import drift_badge
from node_links.admin.entities import entity_link
from node_links.admin.links import strength_bar
from node_links.admin.neighbourhood import neighbourhood_address, neighbourhood_page
from node_links.admin.node_choice import search_nodes
from node_links.admin.orphans import OrphanFilter
from node_links.models import DirtyNode, NodeChunk, NodeLink, NodeMetadata

_SHOWN = 100


@admin.register(NodeMetadata)
class NodeAdmin(OfTenant, ReadOnlyAdmin):
    """Nodes follow their entities: they are changed where the entity is."""

    list_display = ("title", "feature", "node_type", "tenant", "searchable", "embedding",
                    "picture")  # fmt: skip
    list_select_related = ("organization",)
    list_filter = (
        ("feature_type", ChoicesDropdownFilter),
        ("organization", RelatedDropdownFilter),
        OrphanFilter,
        "searchable",
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_filter_sheet = True
    search_fields = ("name", "entity_id", "node_id")
    actions_detail = ("neighbourhood",)
    fieldsets = (
        (None, {"fields": ("title", "address", "organization", "node_type", "searchable")}),
        ("Links", {"fields": ("links",), "classes": ("tab",)}),
        ("Passages", {"fields": ("passages",), "classes": ("tab",)}),
        (
            "Index",
            {
                "fields": ("embedding", "search_text", "search_keywords", "content_hash"),
                "classes": ("tab",),
            },
        ),
        (
            "More",
            {
                "fields": ("position", "more", "created_at", "updated_at", "deleted_at"),
                "classes": ("tab",),
            },
        ),
    )
    readonly_fields = ("title", "address", "links", "passages", "embedding", "position", "more")

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeMetadata]:
        """Read whether the node waits and who embedded it; leave the vectors where they are."""
        rows: QuerySet[NodeMetadata] = super().get_queryset(request)
        chunks = NodeChunk.objects.filter(node=OuterRef("pk")).order_by("ordinal")
        return rows.defer("vector_embedding").annotate(
            _waits=Exists(DirtyNode.objects.filter(node=OuterRef("pk"))),
            _model=Subquery(chunks.values("embedding_model")[:1]),
        )

    @display(description="Node", ordering="name")
    def title(self, node: NodeMetadata) -> str:
        """Return what people call it."""
        return node.name or node.node_id or node.node_type

    @display(description="Feature", ordering="feature_type", label=True)
    def feature(self, node: NodeMetadata) -> str:
        """Return the feature."""
        return node.get_feature_type_display()

    @display(description="Entity")
    def address(self, node: NodeMetadata) -> SafeString | str:
        """Return a link to the entity."""
        inner = f"/{node.node_id}" if node.node_id else ""
        text = f"{node.feature_type}:{node.entity_id}{inner}"
        return entity_link(node.feature_type, node.entity_id, text)

    @display(description="Vectors", label={"waiting": "warning", "none": "danger"})
    def embedding(self, node: NodeMetadata) -> str:
        """Return the model that embedded it, or that it waits."""
        if getattr(node, "_waits", False):
            return "waiting"
        return str(getattr(node, "_model", None) or "none")

    @display(description="Links")
    def links(self, node: NodeMetadata) -> SafeString:
        """Return the links at both ends, the strongest first, and the way to a new one."""
        rows = NodeLink.objects.select_related("source", "target", "drift").defer(
            "source__vector_embedding", "target__vector_embedding"
        )
        rows = rows.order_by("-link_strength", "id")
        return panel(
            "admin/nodeloom/node_links.html",
            node=node,
            directions=[
                ("Out", "To", _shown(rows.filter(source=node), "target")),
                ("In", "From", _shown(rows.filter(target=node), "source")),
            ],
        )

    @display(description="Picture")
    def picture(self, node: NodeMetadata) -> SafeString | str:
        """Return a link to the neighbourhood."""
        if node.deleted_at:
            return NOTHING
        address = neighbourhood_address(node.feature_type, node.entity_id, node.node_id)
        return format_html('<a class="text-link" href="{}">Draw</a>', address)

    @action(description="Neighbourhood", icon="hub")
    def neighbourhood(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the picture of what lies around this node."""
        try:
            node = NodeMetadata.objects.only("feature_type", "entity_id", "node_id").get(
                pk=object_id
            )
        except (NodeMetadata.DoesNotExist, ValidationError) as error:
            raise Http404 from error
        return redirect(neighbourhood_address(node.feature_type, node.entity_id, node.node_id))

    def get_urls(self) -> list[Any]:
        """Add the picture, and the search behind the form of links."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "neighbourhood/<str:feature>/<uuid:entity_id>/",
                wrap(neighbourhood_page),
                name="node_links_nodemetadata_neighbourhood",
            ),
            path("search/", wrap(search_nodes), name="node_links_nodemetadata_search"),
            *super().get_urls(),
        ]

    @display(description="Passages")
    def passages(self, node: NodeMetadata) -> SafeString:
        """Return the passages by which the node is found."""
        rows = node.chunks.defer("vector_embedding", "search_vector")[:_SHOWN]
        return panel("admin/nodeloom/passages.html", passages=rows)

    @display(description="Position")
    def position(self, node: NodeMetadata) -> str:
        """Return where it stands in a picture."""
        return f"{node.position_x}, {node.position_y}"

    @display(description="Metadata")
    def more(self, node: NodeMetadata) -> SafeString | str:
        """Return the feature's own facts."""
        return pretty_json(node.metadata) if node.metadata else NOTHING


def _shown(links: QuerySet[NodeLink], end: str) -> list[dict[str, Any]]:
    return [
        {
            "link": link,
            "node": getattr(link, end),
            "strength": strength_bar(float(link.link_strength)),
            "version": drift_badge(link),
        }
        for link in links[:_SHOWN]
    ]
