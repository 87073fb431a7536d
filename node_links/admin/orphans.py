"""Entities that nothing is linked with."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from node_links.models import NodeLink, NodeMetadata


def orphans(nodes: QuerySet[NodeMetadata]) -> QuerySet[NodeMetadata]:
    """Return the living entities among `nodes` that no link touches, at none of their nodes."""
    touching = NodeLink.objects.filter(organization=OuterRef("organization")).order_by()
    leaving = touching.filter(
        source_feature=OuterRef("feature_type"), source_entity_id=OuterRef("entity_id")
    )
    arriving = touching.filter(
        target_feature=OuterRef("feature_type"), target_entity_id=OuterRef("entity_id")
    )
    alone = nodes.filter(node_id=None, deleted_at=None)
    return alone.filter(~Exists(leaving), ~Exists(arriving))


class OrphanFilter(admin.SimpleListFilter):
    """Entities without a link."""

    title = "links"
    parameter_name = "links"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("none", "without any")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[NodeMetadata]
    ) -> QuerySet[NodeMetadata]:
        """Narrow the list."""
        return orphans(queryset) if self.value() == "none" else queryset
