"""The part of the viewset that is about files: models in and out."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import ParameterError
from function_models.api.serializers.exchange import (
    ModelImportReportSerializer,
    ModelImportSerializer,
)
from function_models.exchange.formats import EXPORTERS
from function_models.services.exchange.exporting import export_model
from function_models.services.exchange.importing import import_upload
from knowledge_base.api.uploads import UploadParser
from node_links.api.views import NodeEntityViewSet

FORMAT = OpenApiParameter(
    "format",
    str,
    enum=list(EXPORTERS),
    description="`json` is our own, whole and the default.",
)
EXCHANGE_EXAMPLES = {
    "import_": [
        OpenApiExample(
            "a drawing of another tool",
            {
                "dry_run": False,
                "files": 1,
                "ignored": 0,
                "created": 1,
                "updated": 0,
                "unchanged": 0,
                "links": 0,
                "dangling": 0,
                "models": [
                    {
                        "path": "support.json",
                        "format": "reactflow",
                        "action": "created",
                        "id": "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3",
                        "name": "support",
                        "nodes": 6,
                        "edges": 5,
                        "versions": 0,
                        "links": 0,
                        "findings": [
                            {
                                "code": "translated",
                                "message": "6 of the type agentFlow became stageNode.",
                                "place": "agentFlow",
                            }
                        ],
                    }
                ],
            },
            response_only=True,
        )
    ]
}


class ExchangeActions(NodeEntityViewSet):
    """Import models, and export one; `exports/` exports many."""

    @extend_schema(
        request={"multipart/form-data": ModelImportSerializer},
        responses={200: ModelImportReportSerializer},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=(UploadParser,),
        pagination_class=None,
    )
    def import_(self, request: Request) -> Response:
        """Import a model, or a zip of models: all of them, or none.

        Our own format and React Flow JSON are read. `findings` say what came over otherwise than it
        was written, and which references found nothing here.
        """
        data = self.validated(ModelImportSerializer(data=request.data))
        report = import_upload(
            actor=self.actor,
            name=data["file"].name,
            file=data["file"],
            dry_run=data["dry_run"],
        )
        return Response(ModelImportReportSerializer(report.as_dict()).data)

    @extend_schema(
        parameters=[FORMAT],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/vnd.mermaid"): OpenApiTypes.STR,
        },
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=(),
        extra_query_parameters=("format", "deleted"),
    )
    def export(self, request: Request, pk: UUID) -> HttpResponse:
        """Return the model as a file to save."""
        model = self.get_object()
        wanted = request.query_params.get("format", "json")
        exporter = EXPORTERS.get(wanted)
        if exporter is None:
            known = ", ".join(EXPORTERS)
            raise ParameterError.of("format", "invalid_choice", f"One of {known}.")
        name, data = export_model(actor=self.actor, model=model, format_name=wanted)
        return HttpResponse(
            data,
            content_type=f"{exporter.media_type}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', **self.tag_of(model)},
        )
