"""A plain viewset over drawn processes: the drawing is a JSON column and nothing more."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.bare.models import Process
from benchmarks.bare.views import Pages

DRAWN = ("nodes_data", "edges_data", "viewport_data", "document_data")


class ProcessSerializer(serializers.ModelSerializer[Process]):
    """Everything a model shows."""

    class Meta:
        model = Process
        exclude: tuple[str, ...] = DRAWN


class CanvasSerializer(serializers.ModelSerializer[Process]):
    """The drawing."""

    nodes = serializers.JSONField(source="nodes_data")
    edges = serializers.JSONField(source="edges_data")
    viewport = serializers.JSONField(source="viewport_data", required=False)

    class Meta:
        model = Process
        fields = ("nodes", "edges", "viewport")


class ProcessViewSet(viewsets.ModelViewSet[Process]):
    """All of a row, and its drawing."""

    queryset = Process.objects.all()
    serializer_class = ProcessSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Process]:
        """Leave drawings in the database where nobody asks for them."""
        rows = super().get_queryset()
        return rows.defer(*DRAWN) if self.action == "list" else rows

    @action(detail=True, methods=["get", "put"])
    def canvas(self, request: Request, pk: str) -> Response:
        """Read or replace the drawing."""
        row = self.get_object()
        if request.method == "GET":
            return Response(CanvasSerializer(row).data)
        serializer = CanvasSerializer(row, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    @action(detail=True, methods=["patch"], url_path=r"nodes/(?P<node>[^/]+)")
    def node(self, request: Request, pk: str, node: str) -> Response:
        """Change one node."""
        row = self.get_object()
        found: dict[str, Any] = next(one for one in row.nodes_data if one["id"] == node)
        found["data"] |= dict(request.data)["data"]
        row.save(update_fields=["nodes_data", "updated_at"])
        return Response(found)

    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Say that it is published."""
        row = self.get_object()
        row.status = "published"
        row.save(update_fields=["status", "updated_at"])
        return Response(ProcessSerializer(row).data)
