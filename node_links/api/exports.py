"""Exports over REST: asked for, waited for, downloaded."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from config.api.serializers import ModelSerializer, Serializer
from config.api.views import GenericViewSet
from node_links.choices import ExportStatus
from node_links.models import Export
from node_links.services.exports import open_export, start_export

MAX_IDS = 1000
_EXPORT = {
    "id": "01a1fd92-8c1e-7a07-9b8e-5be9b2f3a1c4",
    "kind": "function-models",
    "format": "json",
    "status": "completed",
    "count": 12,
    "size": 48213,
    "error": None,
    "created_at": "2026-11-21T09:00:00Z",
    "finished_at": "2026-11-21T09:00:02Z",
    "expires_at": "2026-11-28T09:00:02Z",
    "download": "/api/v1/exports/01a1fd92-8c1e-7a07-9b8e-5be9b2f3a1c4/download/",
}


class ExportRequestSerializer(Serializer):
    """What to export: all of a kind, or those with the ids."""

    kind = serializers.CharField(max_length=50)
    format = serializers.CharField(max_length=50, required=False, allow_null=True)
    ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=MAX_IDS,
    )


class ExportSerializer(ModelSerializer[Export]):
    """An export; `download` is null until the file is there, and once its time is over."""

    status = serializers.ChoiceField(ExportStatus.choices, read_only=True)
    error = serializers.SerializerMethodField()
    download = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = tuple(_EXPORT)
        read_only_fields = fields

    def get_error(self, export: Export) -> str | None:
        """Return why there is no file."""
        return export.error or None

    def get_download(self, export: Export) -> str | None:
        """Return where the file can be had."""
        return reverse("exports-download", args=[export.pk]) if export.is_available else None


class ExportViewSet(CallerMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Files that were asked for: the caller's own, and to administrators everybody's."""

    examples = {
        "create": [
            OpenApiExample(
                "all models", {"kind": "function-models", "format": "json"}, request_only=True
            ),
        ],
        "retrieve": [OpenApiExample("a week to fetch it", _EXPORT, response_only=True)],
    }
    serializer_class = ExportSerializer
    queryset = Export.objects.none()
    filterset_fields = ("kind", "status")
    ordering_fields = ("created_at",)
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> QuerySet[Export]:
        """The caller's own, or everybody's."""
        return Export.objects.visible_to(self.actor)

    @extend_schema(request=ExportRequestSerializer, responses={202: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Ask for an export. A worker writes it with the caller's rights at that moment."""
        serializer = ExportRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        export = start_export(
            actor=self.actor,
            kind=values["kind"],
            format_name=values.get("format"),
            ids=values.get("ids"),
        )
        return Response(self.get_serializer(export).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def download(self, request: Request, pk: UUID) -> FileResponse:
        """Return the zip. 404 until it is there, and once its time is over."""
        export = self.get_object()
        return FileResponse(
            open_export(export),
            as_attachment=True,
            filename=f"{export.kind}-{export.created_at:%Y%m%d-%H%M%S}.zip",
            content_type="application/zip",
        )
