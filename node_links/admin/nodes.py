"""Nodes: what the graph consists of."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from config.admin.base import OfTenant, ReadOnlyAdmin
from config.admin.display import NOTHING, panel, pretty_json
from config.admin.theme import display
from node_links.admin.entities import entity_link
from node_links.models import DirtyNode, NodeChunk, NodeLink, NodeMetadata

_SHOWN = 100


@admin.register(NodeMetadata)
class NodeAdmin(OfTenant, ReadOnlyAdmin):
    """Nodes follow their entities: they are changed where the entity is."""

    list_display = ("title", "feature", "node_type", "tenant", "searchable", "embedding")
    list_select_related = ("organization",)
    list_filter = (
        ("feature_type", ChoicesDropdownFilter),
        ("organization", RelatedDropdownFilter),
        "searchable",
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_filter_sheet = True
    search_fields = ("name", "entity_id", "node_id")
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
        """Return the links at both ends."""
        rows = NodeLink.objects.select_related("source", "target").order_by("link_type", "id")
        return panel(
            "admin/nodeloom/node_links.html",
            outgoing=rows.filter(source=node)[:_SHOWN],
            incoming=rows.filter(target=node)[:_SHOWN],
        )

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
