"""One search over all features."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.pagination import MAX_PAGE_SIZE
from config.api.serializers import Serializer
from config.api.views import APIView
from node_links.api.nodes import serializers as shapes
from node_links.api.nodes.examples import SEARCH
from node_links.api.nodes.parameters import NodeSearchQuerySerializer, read_parameters
from node_links.api.shapes import PointSerializer
from node_links.services.nodes.searching import NodeSearch, search_nodes


class NodeHitSerializer(PointSerializer):
    """A found entity by its best node; `<mark>` is the only markup in `passage`."""

    status = serializers.CharField()
    version = serializers.CharField()
    published_version = serializers.CharField(allow_null=True)
    summary = serializers.CharField()
    score = serializers.FloatField()
    text_rank = serializers.IntegerField(allow_null=True)
    semantic_rank = serializers.IntegerField(allow_null=True)
    passage = serializers.CharField()
    heading = serializers.CharField()
    anchor = serializers.CharField()


class NodeSearchResultsSerializer(Serializer):
    """A page of hits, best first. `degraded`: the embedder is down, words alone were used."""

    count = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    mode = serializers.CharField()
    degraded = serializers.BooleanField()
    facets = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    results = NodeHitSerializer(many=True)


class NodeSearchView(CallerMixin, APIView):
    """Search."""

    examples = SEARCH
    permission_classes = (IsMember,)
    scope_resource = "nodes"

    @extend_schema(
        operation_id="nodes_search",
        parameters=[NodeSearchQuerySerializer],
        responses={200: NodeSearchResultsSerializer},
    )
    def get(self, request: Request) -> Response:
        """Find entities of all features by meaning, by words, or by both.

        A blank query finds nothing; archived entities are left out unless they are asked for.
        """
        asked = read_parameters(request, NodeSearchQuerySerializer)
        size = min(asked["page_size"], MAX_PAGE_SIZE)
        found = search_nodes(
            actor=self.actor,
            query=asked["q"],
            mode=asked["mode"],
            feature_types=asked.get("feature"),
            include_archived=asked["include_archived"] == "true",
            limit=size,
            offset=(asked["page"] - 1) * size,
        )
        return Response(_body(request, asked, size, found))


def _body(request: Request, asked: dict[str, Any], size: int, found: NodeSearch) -> dict[str, Any]:
    total_pages = -(-found.page.count // size)
    number = asked["page"]
    address = request.build_absolute_uri()
    return {
        "count": found.page.count,
        "total_pages": total_pages,
        "page": number,
        "page_size": size,
        "next": replace_query_param(address, "page", number + 1) if number < total_pages else None,
        "previous": replace_query_param(address, "page", number - 1) if number > 1 else None,
        "mode": asked["mode"],
        "degraded": found.page.degraded,
        "facets": found.facets,
        "results": _results(found),
    }


def _results(found: NodeSearch) -> list[dict[str, Any]]:
    results = []
    for hit in found.page.hits:
        node = found.nodes.get(hit.node_id)
        head = found.heads.get((hit.feature_type, hit.entity_id))
        if node is None or head is None:
            continue  # deleted since it was found
        results.append(
            {
                **shapes.point_of(node),
                "status": head.status,
                "version": head.version,
                "published_version": head.published_version,
                "summary": node.search_text,
                "score": hit.score,
                "text_rank": hit.text_rank,
                "semantic_rank": hit.semantic_rank,
                "passage": hit.passage,
                "heading": hit.heading,
                "anchor": hit.anchor,
            }
        )
    return results
