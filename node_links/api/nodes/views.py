"""Nodes of every feature through one door."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from config.api.concurrency import etag, is_known, require_revision
from config.api.errors import ParameterError
from config.api.filters import unknown_parameters
from config.api.views import EntityViewSet
from config.exceptions import NotFound
from node_links.api.nodes import serializers as shapes
from node_links.api.nodes.connections import ConnectionActions
from node_links.api.nodes.examples import NODES
from node_links.api.nodes.filters import NodeFilters
from node_links.api.permissions import MayAct
from node_links.models import NodeMetadata
from node_links.permissions import Act
from node_links.services.nodes.addresses import EntityNode, NodeAddress, address_of
from node_links.services.nodes.locking import find_feature, find_node, lock_node
from node_links.services.nodes.reading import (
    EntityHead,
    entity_heads,
    links_in,
    links_out,
    visible_nodes,
)
from node_links.services.nodes.writing import (
    create_node,
    delete_node,
    deleting,
    refuse_archived,
    update_node,
)

VECTOR = OpenApiParameter("vector", bool, description="With the node's vector.")
ENTITY_ID = OpenApiParameter("entity_id", UUID, OpenApiParameter.PATH)


class NodeViewSet(ConnectionActions, CallerMixin, EntityViewSet):
    """What all addresses of nodes share."""

    examples = NODES
    permission_classes = (MayAct,)
    scope_resource = "nodes"
    queryset = NodeMetadata.objects.none()
    serializer_class = shapes.NodeSerializer
    filterset_class = NodeFilters
    search_fields = ("name",)
    ordering_fields = ("name", "node_type", "created_at", "updated_at")
    ordering = ("-updated_at", "-id")
    extra_query_parameters = ()

    def get_queryset(self) -> QuerySet[NodeMetadata]:
        """Return the nodes that the caller may see."""
        return visible_nodes(self.actor)

    @property
    def address(self) -> NodeAddress:
        """The address in the path. Raises `NotFound` for what cannot be one."""
        feature, entity_id = self.kwargs["feature"], self.kwargs["entity_id"]
        node_id = self.kwargs.get("node_id")
        find_feature(feature)
        if node_id is not None and "\x00" in node_id:
            raise NotFound
        try:
            return NodeAddress(feature, UUID(entity_id), node_id)
        except ValueError as error:
            raise NotFound from error

    def refuse_unknown_parameters(self, *known: str) -> None:
        """Raise `ParameterError` for query parameters that this address does not have."""
        unknown = unknown_parameters(self.request, self)
        unknown = {name: fault for name, fault in unknown.items() if name not in known}
        if unknown:
            raise ParameterError(unknown)

    def lock(self, act: Act) -> EntityNode:
        """Return the node, locked, for someone who may do `act` and holds the present revision."""
        self.refuse_unknown_parameters()
        found = lock_node(actor=self.actor, address=self.address, act=act)
        require_revision(self.request, found.entity.revision)
        return found

    def node_response(self, found: EntityNode, code: int = status.HTTP_200_OK) -> Response:
        """Return the answer that holds one node, with the ETag of its entity."""
        head = EntityHead.of(found.entity)
        address = address_of(found.node)
        body = {
            **shapes.listed_node(found.node, head),
            "links_out": links_out(actor=self.actor, address=address).count(),
            "links_in": links_in(actor=self.actor, address=address).count(),
        }
        return Response(body, code, headers={"ETag": etag(head.revision)})


@extend_schema_view(
    list=extend_schema(responses={200: shapes.ListedNodeSerializer(many=True)}),
)
class NodesViewSet(NodeViewSet):
    """All nodes."""

    def list(self, request: Request) -> Response:
        """List nodes, those changed last first."""
        nodes = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        heads = entity_heads(actor=self.actor, nodes=nodes)
        return self.get_paginated_response(
            [
                shapes.listed_node(node, heads[node.feature_type, node.entity_id])
                for node in nodes
                if (node.feature_type, node.entity_id) in heads
            ]
        )

    @extend_schema(request=shapes.NewNodeSerializer, responses={201: shapes.NodeSerializer})
    def create(self, request: Request) -> Response:
        """Create an entity of a feature, or with `entity_id` a node inside that one.

        409 `not_offered` where the feature does not let others do that.
        """
        serializer = shapes.NewNodeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        found = create_node(actor=self.actor, **new_node_arguments(serializer.validated_data))
        return self.node_response(found, status.HTTP_201_CREATED)


class OneNodeViewSet(NodeViewSet):
    """One node."""

    @extend_schema(parameters=[VECTOR], responses={200: shapes.NodeSerializer})
    def retrieve(self, request: Request, **address: str) -> Response:
        """Read a node with its metadata, its agent's configuration and the number of its links."""
        self.refuse_unknown_parameters("vector")
        asked = request.query_params.get("vector", "false")
        if asked not in ("true", "false"):
            raise ParameterError.of("vector", "invalid", "Write true or false.")
        found = find_node(actor=self.actor, address=self.address)
        revision = found.entity.revision
        if is_known(request, revision):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag(revision)})
        response = self.node_response(found)
        if asked == "true":
            vector = found.node.vector_embedding
            response.data["vector_embedding"] = (
                None if vector is None else [float(number) for number in vector]
            )
        return response

    @extend_schema(request=shapes.NodePatchSerializer, responses={200: shapes.NodeSerializer})
    def partial_update(self, request: Request, **address: str) -> Response:
        """Change the fields sent. Objects are replaced whole; what the entity itself says of its
        node stays beneath them."""
        found = self.lock(Act.EDIT)
        serializer = shapes.NodePatchSerializer(data=request.data, partial=True)
        if not serializer.is_valid():
            # What cannot be changed now is told before what would be wrong with the change.
            refuse_archived(found.entity, dict.fromkeys(serializer.errors))
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        return self.node_response(update_node(actor=self.actor, found=found, values=values))

    def destroy(self, request: Request, **address: str) -> Response:
        """Delete an entity as its feature does, or a node inside one."""
        delete_node(actor=self.actor, found=self.lock(deleting(self.address)))
        return Response(status=status.HTTP_204_NO_CONTENT)


_INNER = OpenApiParameter(
    "node_id", str, OpenApiParameter.PATH, description="Of a node inside the entity."
)


@extend_schema_view(
    retrieve=extend_schema(operation_id="nodes_retrieve", parameters=[ENTITY_ID]),
    partial_update=extend_schema(operation_id="nodes_partial_update", parameters=[ENTITY_ID]),
    destroy=extend_schema(operation_id="nodes_destroy", parameters=[ENTITY_ID]),
    connected=extend_schema(operation_id="nodes_connected_list", parameters=[ENTITY_ID]),
    links=extend_schema(operation_id="nodes_links_list", parameters=[ENTITY_ID]),
)
class EntityNodeViewSet(OneNodeViewSet):
    """The node of an entity."""


@extend_schema_view(
    retrieve=extend_schema(operation_id="nodes_inner_retrieve", parameters=[ENTITY_ID, _INNER]),
    partial_update=extend_schema(
        operation_id="nodes_inner_partial_update", parameters=[ENTITY_ID, _INNER]
    ),
    destroy=extend_schema(operation_id="nodes_inner_destroy", parameters=[ENTITY_ID, _INNER]),
    connected=extend_schema(
        operation_id="nodes_inner_connected_list", parameters=[ENTITY_ID, _INNER]
    ),
    links=extend_schema(operation_id="nodes_inner_links_list", parameters=[ENTITY_ID, _INNER]),
)
class InnerNodeViewSet(OneNodeViewSet):
    """A node inside an entity."""


def new_node_arguments(values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_node` (and of `NewNode`) from validated values."""
    address = {name: values.get(name) for name in ("feature", "entity_id", "node_id", "node_type")}
    return {
        **address,
        "values": {name: value for name, value in values.items() if name not in address},
    }
