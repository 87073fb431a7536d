"""Addresses of nodes: `nodes/{feature}/{entity_id}/[{node_id}/]`.

A node's id may hold slashes. A node that is called `connected` or `links` is reached by the batch
and the list only.
"""

from typing import Any

from django.urls import path

from node_links.api.nodes.batch import NodeBatchView
from node_links.api.nodes.search import NodeSearchView
from node_links.api.nodes.views import EntityNodeViewSet, InnerNodeViewSet, NodesViewSet

_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
_ENTITY = "nodes/<str:feature>/<str:entity_id>/"
_INNER = f"{_ENTITY}<path:node_id>/"

urlpatterns = [
    path(
        "nodes/",
        NodesViewSet.as_view({"get": "list", "post": "create"}, detail=False),
        name="nodes-list",
    ),
    path("nodes/search/", NodeSearchView.as_view(), name="nodes-search"),
    path("nodes/batch/", NodeBatchView.as_view(), name="nodes-batch"),
    *(
        path(
            f"{_ENTITY}{action}/",
            EntityNodeViewSet.as_view({"get": action}, detail=False, filter_backends=()),
            name=f"nodes-{action}",
        )
        for action in ("connected", "links")
    ),
    *(
        path(
            f"{_INNER}{action}/",
            InnerNodeViewSet.as_view({"get": action}, detail=False, filter_backends=()),
            name=f"nodes-inner-{action}",
        )
        for action in ("connected", "links")
    ),
    path(_ENTITY, EntityNodeViewSet.as_view(_ONE, detail=True), name="nodes-detail"),
    path(_INNER, InnerNodeViewSet.as_view(_ONE, detail=True), name="nodes-inner-detail"),
]
