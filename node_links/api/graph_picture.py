"""The neighbourhood of a node as a picture."""

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.errors import ParameterError
from config.api.serializers import Serializer
from config.api.views import APIView
from node_links.api.svg import IF_HELD, RESPONSES, svg_response
from node_links.graph.bounds import MAX_DEPTH
from node_links.graph.nodes import Address, GraphNode
from node_links.pictures.neighbourhood import (
    DEFAULT_DEPTH,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    read_neighbourhood,
)

_UNKNOWN = [ErrorDetail("There is no such parameter here.", "unknown_parameter")]


class PictureQuerySerializer(Serializer):
    """The node in the middle, and how much around it is drawn."""

    feature = serializers.CharField(max_length=50, help_text="The feature of the entity.")
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(
        max_length=255, required=False, help_text="A node inside the entity: only its own links."
    )
    depth = serializers.IntegerField(
        min_value=0, max_value=MAX_DEPTH, default=DEFAULT_DEPTH, help_text="How many links far."
    )
    types = serializers.CharField(
        max_length=1000, required=False, help_text="Only these link types, separated by commas."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="At most so many nodes."
    )


class NeighbourhoodPictureView(CallerMixin, APIView):
    """A drawing of what is linked with a node, in which every node is a link to itself."""

    permission_classes = (IsMember,)
    scope_resource = "graph"

    @extend_schema(
        parameters=[
            PictureQuerySerializer,
            IF_HELD,
        ],
        responses=RESPONSES,
        operation_id="graph_subgraph_picture",
        tags=["graph"],
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        """Draw the neighbourhood of a node as SVG. 404 for a node of somebody else."""
        asked = _parameters(request)
        drawn = read_neighbourhood(
            actor=self.actor,
            root=Address(asked["feature"], asked["entity_id"], asked.get("node_id")),
            address_of=_address,
            depth=asked["depth"],
            types=asked["types"],
            limit=asked["limit"],
        )
        return svg_response(request, drawn.picture)


def _parameters(request: Request) -> dict[str, Any]:
    query = PictureQuerySerializer(data=request.query_params)
    query.is_valid()
    unknown = {name: _UNKNOWN for name in request.query_params if name not in query.fields}
    if query.errors or unknown:
        raise ParameterError({**query.errors, **unknown})
    values: dict[str, Any] = dict(query.validated_data)
    names = (name.strip() for name in values.get("types", "").split(","))
    return values | {"types": [name for name in names if name] or None}


def _address(node: GraphNode) -> str:
    """Return where the API answers about a node."""
    inner = f"{quote(node.node_id, safe='')}/" if node.node_id else ""
    return f"/api/v1/nodes/{node.feature}/{node.entity_id}/{inner}"
