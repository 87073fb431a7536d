"""A plain viewset over drawn processes: the drawing is a JSON column and nothing more."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.bare.models import Process
from benchmarks.bare.recording import RecordedViewSet, record, values_of
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


class ProcessViewSet(RecordedViewSet):
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
        self.perform_update(serializer)
        return Response(serializer.data)

    @action(detail=True, methods=["patch"], url_path=r"nodes/(?P<node>[^/]+)")
    def node(self, request: Request, pk: str, node: str) -> Response:
        """Change one node."""
        row = self.get_object()
        before = values_of(row)
        row.nodes_data = [
            {**one, "data": one["data"] | dict(request.data)["data"]} if one["id"] == node else one
            for one in row.nodes_data
        ]
        self._save(row, before, "nodes_data")
        found: dict[str, Any] = next(one for one in row.nodes_data if one["id"] == node)
        return Response(found)

    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Say that it is published."""
        row = self.get_object()
        before = values_of(row)
        row.status = "published"
        self._save(row, before, "status")
        return Response(ProcessSerializer(row).data)

    def _save(self, row: Process, before: dict[str, Any], name: str) -> None:
        with transaction.atomic():
            row.save(update_fields=[name, "updated_at"])
            record(row, "updated", before, values_of(row))
