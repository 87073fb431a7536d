"""Figures of a model over REST."""

from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from function_models.api.serializers.statistics import StatisticsSerializer
from function_models.dependencies.statistics import statistics_of
from node_links.api.views import NodeEntityViewSet


class StatisticsActions(NodeEntityViewSet):
    """Count what is drawn."""

    @extend_schema(responses={200: StatisticsSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def statistics(self, request: Request, pk: UUID) -> Response:
        """Return the figures of the working copy."""
        model = self.get_object()
        return Response(StatisticsSerializer(asdict(statistics_of(model.canvas))).data)
