"""The drawing of a model over REST: all of it, or one node or edge at a time."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.exceptions import NotFound
from function_models.api.serializers import canvas as shapes
from function_models.models import FunctionModel, FunctionModelVersion, document_of
from function_models.services import parts
from function_models.services.drawing import put_canvas
from node_links.api.drawings import CanvasEdgeChangeSerializer, CanvasEdgeSerializer
from node_links.api.views import NodeEntityViewSet
from node_links.permissions import Act
from node_links.services.versions import get_snapshot

AT_VERSION = OpenApiParameter(
    "version", str, description="A published number, or `published`; absent: the working copy."
)
PARTS = {"node_id": "nodes_data", "edge_id": "edges_data"}
NODE, EDGE = "nodes/(?P<node_id>.+)", "edges/(?P<edge_id>.+)"
ACTS = {
    name: Act.EDIT
    for name in (
        "put_canvas",
        "add_node",
        "change_node",
        "remove_node",
        "add_edge",
        "change_edge",
        "remove_edge",
    )
}


class CanvasActions(NodeEntityViewSet):
    """Read and write the drawing. Every answer carries the revision of the model as its ETag."""

    documents = ("canvas",)

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Check the caller, but first that the node or edge of the address is there."""
        for name, column in PARTS.items():
            if name in self.kwargs:
                _member(getattr(obj, column), self.kwargs[name])
        super().check_object_permissions(request, obj)

    @extend_schema(parameters=[AT_VERSION], responses={200: shapes.CanvasSerializer})
    @action(detail=True, methods=["get"], extra_query_parameters=("version", "deleted"))
    def canvas(self, request: Request, pk: UUID) -> Response:
        """Return the drawing as a React Flow document `{nodes, edges, viewport}`."""
        version = request.query_params.get("version")
        if version is None:
            return self.document_response(lambda model: model.document)
        snapshot = get_snapshot(FunctionModelVersion, entity=self.get_object(), version=version)
        return Response(document_of(snapshot.content))

    @extend_schema(request=shapes.CanvasSerializer, responses={200: shapes.CanvasSerializer})
    @canvas.mapping.put
    def put_canvas(self, request: Request, pk: UUID) -> Response:
        """Replace the drawing and return what was stored."""
        model = put_canvas(document=request.data, **self._write())
        return self._drawn(model, model.document)

    @extend_schema(responses={200: shapes.DrawnNodeSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def nodes(self, request: Request, pk: UUID) -> Response:
        """List the nodes, each container before its actions."""
        return self._listed(self.get_object().nodes_data)

    @extend_schema(request=shapes.DrawnNodeSerializer, responses={201: shapes.DrawnNodeSerializer})
    @nodes.mapping.post
    def add_node(self, request: Request, pk: UUID) -> Response:
        """Draw a container, or an action inside one (`parentId`)."""
        model, node_id = parts.add_node(node=request.data, **self._write())
        node = _member(model.nodes_data, node_id)
        return self._drawn(model, node, status.HTTP_201_CREATED)

    @extend_schema(responses={200: shapes.DrawnNodeSerializer})
    @action(detail=True, methods=["get"], url_path=NODE)
    def node(self, request: Request, pk: UUID, node_id: str) -> Response:
        """Return one node."""
        model = self.get_object()
        return self._drawn(model, _member(model.nodes_data, node_id))

    @extend_schema(
        request=shapes.DrawnNodeChangeSerializer, responses={200: shapes.DrawnNodeSerializer}
    )
    @node.mapping.patch
    def change_node(self, request: Request, pk: UUID, node_id: str) -> Response:
        """Merge into a node: given keys of `data` replace, null removes an optional one.

        `data.status` moves its design along. Two people who change different nodes keep both.
        """
        model = parts.update_node(node_id=node_id, changes=request.data, **self._write())
        return self._drawn(model, _member(model.nodes_data, node_id))

    @extend_schema(responses={204: None})
    @node.mapping.delete
    def remove_node(self, request: Request, pk: UUID, node_id: str) -> Response:
        """Take a node out; a container goes with its incoming edges and its actions.

        409 `node_has_dependents` where edges lead away from it.
        """
        model = parts.remove_node(node_id=node_id, **self._write())
        return Response(status=status.HTTP_204_NO_CONTENT, headers=self.tag_of(model))

    @extend_schema(responses={200: CanvasEdgeSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def edges(self, request: Request, pk: UUID) -> Response:
        """List the edges."""
        return self._listed(self.get_object().edges_data)

    @extend_schema(request=CanvasEdgeSerializer, responses={201: CanvasEdgeSerializer})
    @edges.mapping.post
    def add_edge(self, request: Request, pk: UUID) -> Response:
        """Let one container depend on another."""
        model, edge_id = parts.add_edge(edge=request.data, **self._write())
        edge = _member(model.edges_data, edge_id)
        return self._drawn(model, edge, status.HTTP_201_CREATED)

    @extend_schema(responses={200: CanvasEdgeSerializer})
    @action(detail=True, methods=["get"], url_path=EDGE)
    def edge(self, request: Request, pk: UUID, edge_id: str) -> Response:
        """Return one edge."""
        model = self.get_object()
        return self._drawn(model, _member(model.edges_data, edge_id))

    @extend_schema(request=CanvasEdgeChangeSerializer, responses={200: CanvasEdgeSerializer})
    @edge.mapping.patch
    def change_edge(self, request: Request, pk: UUID, edge_id: str) -> Response:
        """Replace the given keys of an edge."""
        model = parts.update_edge(edge_id=edge_id, changes=request.data, **self._write())
        return self._drawn(model, _member(model.edges_data, edge_id))

    @extend_schema(responses={204: None})
    @edge.mapping.delete
    def remove_edge(self, request: Request, pk: UUID, edge_id: str) -> Response:
        """Take an edge out."""
        model = parts.remove_edge(edge_id=edge_id, **self._write())
        return Response(status=status.HTTP_204_NO_CONTENT, headers=self.tag_of(model))

    def _write(self) -> dict[str, Any]:
        """Return what every edit of a drawing is told: who, where, and on which state."""
        model = self.get_object()
        return {
            "actor": self.actor,
            "pk": model.pk,
            "expected_revision": self.expected_revision,
            "locked": model,
        }

    def _drawn(
        self, model: FunctionModel, shown: dict[str, Any], code: int = status.HTTP_200_OK
    ) -> Response:
        return Response(shown, status=code, headers=self.tag_of(model))

    def _listed(self, members: list[dict[str, Any]]) -> Response:
        return self.get_paginated_response(self.paginate_queryset(members))


def _member(members: list[dict[str, Any]], known: str) -> dict[str, Any]:
    """Return the node or edge with this id. Raises `NotFound`."""
    for member in members:
        if member["id"] == known:
            return member
    raise NotFound
