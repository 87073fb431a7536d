"""Questions about the graph: GETs whose parameters say where to begin and how far to go."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.views import GenericViewSet
from node_links.api.graph import parameters as asks
from node_links.api.graph import serializers as shapes
from node_links.api.graph.examples import GRAPH
from node_links.graph.connected import connected
from node_links.graph.cycles import find_cycles
from node_links.graph.impact import impact
from node_links.graph.metrics import measure_graph
from node_links.graph.neighbours import neighbours
from node_links.graph.paths import shortest_path
from node_links.graph.subgraph import subgraph
from node_links.models import NodeLink


class GraphViewSet(CallerMixin, GenericViewSet):
    """What is near, what leads where, what a change reaches.

    Every answer names the nodes it shows and says, as `truncated`, whether a limit cut it off.
    """

    examples = GRAPH
    permission_classes = (IsMember,)
    queryset = NodeLink.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        parameters=[asks.NeighboursParameters], responses={200: shapes.NeighboursSerializer}
    )
    @action(detail=False)
    def neighbours(self, request: Request) -> Response:
        """Show the links of a node and the entities at their other ends, the oldest link first."""
        values = asks.asked(request, asks.NeighboursParameters)
        address = asks.take_address(values)
        found = neighbours(actor=self.actor, address=address, **values)
        return Response(shapes.NeighboursSerializer(found).data)

    @extend_schema(
        parameters=[asks.ConnectedParameters], responses={200: shapes.ConnectedSerializer}
    )
    @action(detail=False)
    def connected(self, request: Request) -> Response:
        """List the entities within some links of a node, the nearest first."""
        values = asks.asked(request, asks.ConnectedParameters)
        address = asks.take_address(values)
        found = connected(actor=self.actor, address=address, **values)
        return Response(shapes.ConnectedSerializer(found).data)

    @extend_schema(parameters=[asks.SubgraphParameters], responses={200: shapes.SubgraphSerializer})
    @action(detail=False)
    def subgraph(self, request: Request) -> Response:
        """Show the graph around a node: entities, and every link between two of them."""
        values = asks.asked(request, asks.SubgraphParameters)
        address = asks.take_address(values)
        found = subgraph(actor=self.actor, roots=[address], **values)
        return Response(shapes.SubgraphSerializer(found).data)

    @extend_schema(parameters=[asks.PathParameters], responses={200: shapes.PathSerializer})
    @action(detail=False)
    def path(self, request: Request) -> Response:
        """Show a shortest way from one node to another; `length` is null where there is none."""
        values = asks.asked(request, asks.PathParameters)
        source = asks.take_address(values)
        target = asks.take_address(values, "target_")
        found = shortest_path(actor=self.actor, source=source, target=target, **values)
        return Response(shapes.PathSerializer(found).data)

    @extend_schema(parameters=[asks.ImpactParameters], responses={200: shapes.ImpactSerializer})
    @action(detail=False)
    def impact(self, request: Request) -> Response:
        """Tell what an operation on a node would touch: links, entities, people, runs."""
        values = asks.asked(request, asks.ImpactParameters)
        address = asks.take_address(values)
        found = impact(actor=self.actor, address=address, **values)
        return Response(shapes.ImpactSerializer(shapes.impact_answer(found)).data)

    @extend_schema(parameters=[asks.CyclesParameters], responses={200: shapes.CyclesSerializer})
    @action(detail=False)
    def cycles(self, request: Request) -> Response:
        """List the elementary cycles of the organisation's graph, the shortest first."""
        found = find_cycles(actor=self.actor, **asks.asked(request, asks.CyclesParameters))
        answer = {
            "cycles": [shapes.cycle_answer(cycle) for cycle in found.cycles],
            "total_cycles": found.total_cycles,
            "longest": found.longest,
            "average_length": found.average_length,
            "warnings": found.warnings,
            "truncated": found.truncated,
        }
        return Response(shapes.CyclesSerializer(answer).data)

    @extend_schema(responses={200: shapes.GraphMetricsSerializer})
    @action(detail=False)
    def metrics(self, request: Request) -> Response:
        """Measure the organisation's graph: counts, strengths, density."""
        asks.asked(request, asks.MetricsParameters)
        return Response(shapes.GraphMetricsSerializer(measure_graph(actor=self.actor)).data)
