"""What a node is linked with."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from config.api.views import EntityViewSet
from node_links.api.nodes import serializers as shapes
from node_links.api.nodes.parameters import (
    ConnectedQuerySerializer,
    LinksQuerySerializer,
    read_parameters,
    split,
)
from node_links.api.shapes import JoiningLinkSerializer
from node_links.models import NodeLink, NodeLinkType, NodeMetadata
from node_links.services.nodes.addresses import NodeAddress
from node_links.services.nodes.locking import find_node
from node_links.services.nodes.reading import connected_nodes, entity_heads, links_of

SHOWN_LINKS = 100
_ENDS = ("feature_type", "entity_id", "node_id", "node_type", "name")


class ConnectionActions(EntityViewSet):
    """The connected nodes and the links of a node."""

    if TYPE_CHECKING:

        @property
        def actor(self) -> Actor:
            """Who asks."""

        @property
        def address(self) -> NodeAddress:
            """The node that is asked about."""

    @extend_schema(
        parameters=[ConnectedQuerySerializer],
        responses={200: shapes.ConnectedNodeSerializer(many=True)},
    )
    @action(detail=True, methods=["get"])
    def connected(self, request: Request, **address: str) -> Response:
        """List the nodes at the other ends of the node's links, by name, each once.

        An entity's links are also those of the nodes inside it, and lead to other entities.
        """
        asked = read_parameters(request, ConnectedQuerySerializer, self)
        at = self._existing()
        types = split(asked["types"]) if "types" in asked else None
        rows = connected_nodes(
            actor=self.actor, address=at, direction=asked["direction"], types=types
        )
        nodes = self.paginate_queryset(rows.order_by("name", "id")) or []
        heads = entity_heads(actor=self.actor, nodes=nodes)
        links = links_of(actor=self.actor, address=at, direction=asked["direction"])
        if types is not None:
            links = links.filter(link_type__in=types)
        led = _leading_to(links, nodes, at)
        return self.get_paginated_response(
            [
                {
                    **shapes.point_of(node),
                    "status": heads[node.feature_type, node.entity_id].status,
                    "links": led.get(node.pk, []),
                }
                for node in nodes
                if (node.feature_type, node.entity_id) in heads
            ]
        )

    @extend_schema(
        parameters=[LinksQuerySerializer],
        responses={200: JoiningLinkSerializer(many=True)},
    )
    @action(detail=True, methods=["get"])
    def links(self, request: Request, **address: str) -> Response:
        """List the node's links, the newest first; an entity's are also those of its nodes."""
        asked = read_parameters(request, LinksQuerySerializer, self)
        rows = links_of(actor=self.actor, address=self._existing(), direction=asked["direction"])
        if "types" in asked:
            rows = rows.filter(link_type__in=split(asked["types"]))
        if "origin" in asked:
            rows = rows.filter(origin=asked["origin"])
        shown = [f"{end}__{name}" for end in ("source", "target") for name in _ENDS]
        rows = rows.select_related("source", "target").only(
            "link_type", "link_strength", "origin", "version_pin", "visual_properties", *shown
        )
        page = self.paginate_queryset(rows.order_by("-id")) or []
        colors = _colors({link.link_type for link in page})
        return self.get_paginated_response([_shown(link, colors) for link in page])

    def _existing(self) -> NodeAddress:
        find_node(actor=self.actor, address=self.address)
        return self.address


def _leading_to(
    links: QuerySet[NodeLink], nodes: Iterable[NodeMetadata], address: NodeAddress
) -> dict[UUID, list[dict[str, Any]]]:
    """Return, for each of `nodes`, the links between it and the node of the address."""
    ids = {node.pk for node in nodes}
    if not ids:
        return {}
    rows = links.filter(Q(source__in=ids) | Q(target__in=ids)).order_by("id")
    led: dict[UUID, list[dict[str, Any]]] = {}
    for link in rows:
        leaves = link.source_feature == address.feature and (
            link.source_entity_id == address.entity_id
            and address.node_id in (None, link.source_node_id)
        )
        other = link.target_id if leaves else link.source_id
        found = led.setdefault(other, [])
        if other in ids and len(found) < SHOWN_LINKS:
            found.append(
                {
                    "id": link.pk,
                    "direction": "out" if leaves else "in",
                    "link_type": link.link_type,
                    "link_strength": float(link.link_strength),
                }
            )
    return led


def _colors(types: set[str]) -> dict[str, str | None]:
    """Return the colour of each link type, the organisation's own before the platform's."""
    if not types:
        return {}
    rows = NodeLinkType.objects.filter(type_name__in=types)
    found = list(rows.values_list("type_name", "color", "organization_id"))
    own = {name: color for name, color, tenant in found if tenant is not None}
    return {name: color for name, color, tenant in found if tenant is None} | own


def _shown(link: NodeLink, colors: dict[str, str | None]) -> dict[str, Any]:
    return {
        "id": link.pk,
        "source": shapes.point_of(link.source),
        "target": shapes.point_of(link.target),
        "link_type": link.link_type,
        "link_strength": float(link.link_strength),
        "origin": link.origin,
        "version_pin": link.version_pin,
        "color": link.visual_properties.get("color") or colors.get(link.link_type),
    }
