"""What is drawn in a spindle over REST, one node or edge at a time."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from node_links.api.drawings import CanvasEdgeChangeSerializer, CanvasEdgeSerializer
from node_links.canvas.editing import find_member
from node_links.permissions import Act
from spindles.api.base import SpindleActions
from spindles.api.serializers.definitions import SpindleNodeChangeSerializer
from spindles.api.serializers.shapes import SpindleNodeSerializer
from spindles.models import Spindle
from spindles.services import parts

PARTS = {"node_id": "nodes_data", "edge_id": "edges_data"}
NODE, EDGE = "nodes/(?P<node_id>.+)", "edges/(?P<edge_id>.+)"
PART_ACTS = {
    f"{what}_{part}": Act.EDIT for what in ("add", "change", "remove") for part in ("node", "edge")
}


class PartActions(SpindleActions):
    """Read and write nodes and edges. Every answer carries the spindle's revision as its ETag."""

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Check the caller, but first that the node or edge of the address is there."""
        for name, column in PARTS.items():
            if name in self.kwargs:
                _member(getattr(obj, column), self.kwargs[name])
        super().check_object_permissions(request, obj)

    @extend_schema(responses={200: SpindleNodeSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def nodes(self, request: Request, pk: UUID) -> Response:
        """List the nodes: steps and triggers."""
        return self._listed(self.get_object().nodes_data)

    @extend_schema(request=SpindleNodeSerializer, responses={201: SpindleNodeSerializer})
    @nodes.mapping.post
    def add_node(self, request: Request, pk: UUID) -> Response:
        """Draw a step or a trigger."""
        spindle, known = parts.add_node(node=request.data, **self.said_of(self.get_object()))
        shown = _member(spindle.nodes_data, known)
        return self._drawn(spindle, shown, status.HTTP_201_CREATED)

    @extend_schema(responses={200: SpindleNodeSerializer})
    @action(detail=True, methods=["get"], url_path=NODE)
    def node(self, request: Request, pk: UUID, node_id: str) -> Response:
        """Return one node."""
        spindle = self.get_object()
        return self._drawn(spindle, _member(spindle.nodes_data, node_id))

    @extend_schema(request=SpindleNodeChangeSerializer, responses={200: SpindleNodeSerializer})
    @node.mapping.patch
    def change_node(self, request: Request, pk: UUID, node_id: str) -> Response:
        """Merge into a node: given keys of `data` replace, null removes an optional one.

        Two people who change different nodes keep both.
        """
        said = self.said_of(self.get_object())
        spindle = parts.update_node(node_id=node_id, changes=request.data, **said)
        return self._drawn(spindle, _member(spindle.nodes_data, node_id))

    @extend_schema(responses={204: None})
    @node.mapping.delete
    def remove_node(self, request: Request, pk: UUID, node_id: str) -> Response:
        """Take a node out with its edges; what it holds moves to the top level."""
        spindle = parts.remove_node(node_id=node_id, **self.said_of(self.get_object()))
        return Response(status=status.HTTP_204_NO_CONTENT, headers=self.tag_of(spindle))

    @extend_schema(responses={200: CanvasEdgeSerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def edges(self, request: Request, pk: UUID) -> Response:
        """List the edges."""
        return self._listed(self.get_object().edges_data)

    @extend_schema(request=CanvasEdgeSerializer, responses={201: CanvasEdgeSerializer})
    @edges.mapping.post
    def add_edge(self, request: Request, pk: UUID) -> Response:
        """Let one step depend on another, or on a branch of it (`sourceHandle`)."""
        spindle, known = parts.add_edge(edge=request.data, **self.said_of(self.get_object()))
        shown = _member(spindle.edges_data, known)
        return self._drawn(spindle, shown, status.HTTP_201_CREATED)

    @extend_schema(responses={200: CanvasEdgeSerializer})
    @action(detail=True, methods=["get"], url_path=EDGE)
    def edge(self, request: Request, pk: UUID, edge_id: str) -> Response:
        """Return one edge."""
        spindle = self.get_object()
        return self._drawn(spindle, _member(spindle.edges_data, edge_id))

    @extend_schema(request=CanvasEdgeChangeSerializer, responses={200: CanvasEdgeSerializer})
    @edge.mapping.patch
    def change_edge(self, request: Request, pk: UUID, edge_id: str) -> Response:
        """Replace the given keys of an edge."""
        said = self.said_of(self.get_object())
        spindle = parts.update_edge(edge_id=edge_id, changes=request.data, **said)
        return self._drawn(spindle, _member(spindle.edges_data, edge_id))

    @extend_schema(responses={204: None})
    @edge.mapping.delete
    def remove_edge(self, request: Request, pk: UUID, edge_id: str) -> Response:
        """Take an edge out."""
        spindle = parts.remove_edge(edge_id=edge_id, **self.said_of(self.get_object()))
        return Response(status=status.HTTP_204_NO_CONTENT, headers=self.tag_of(spindle))

    def _drawn(
        self, spindle: Spindle, shown: dict[str, Any], code: int = status.HTTP_200_OK
    ) -> Response:
        return Response(shown, status=code, headers=self.tag_of(spindle))

    def _listed(self, members: list[dict[str, Any]]) -> Response:
        return self.get_paginated_response(self.paginate_queryset(members))


def _member(members: list[dict[str, Any]], known: str) -> dict[str, Any]:
    """Return the node or edge with this id. Raises `NotFound`."""
    return members[find_member(members, known)]
