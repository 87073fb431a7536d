"""Starting runs of an entity over REST, and listing them: the same for every feature that runs."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.filters import StrictFilterBackend
from config.api.serializers import Serializer
from node_links.api.views import NodeEntityViewSet
from node_links.permissions import Act
from spindles.api.executions.control import address_of
from spindles.api.executions.filters import ExecutionFilters
from spindles.api.executions.reading import show_run
from spindles.api.executions.serializers import ExecutionListSerializer, ExecutionSerializer
from spindles.choices import Environment
from spindles.engine.starting import start_execution
from spindles.models import Execution
from spindles.registry.runnables import runnables

EXECUTION_ACTS = {"execute": Act.EXECUTE}


class ExecuteSerializer(Serializer):
    """What is to run, with which inputs. `priority` 1 to 10, the higher starts first."""

    inputs = serializers.DictField(required=False, default=dict)
    version = serializers.CharField(max_length=50, required=False, allow_null=True, default=None)
    environment = serializers.ChoiceField(Environment.choices, default=Environment.PRODUCTION)
    dry_run = serializers.BooleanField(required=False, default=False)
    priority = serializers.IntegerField(min_value=1, max_value=10, required=False, default=5)
    correlation_id = serializers.CharField(
        max_length=128, required=False, allow_null=True, default=None
    )
    session_id = serializers.CharField(
        max_length=128, required=False, allow_null=True, default=None
    )


class ExecutionActions(NodeEntityViewSet):
    """Execute, and list the runs."""

    @extend_schema(
        request=ExecuteSerializer,
        responses={
            202: ExecutionSerializer,
            200: OpenApiResponse(OpenApiTypes.OBJECT, "What would happen (`dry_run`)."),
        },
    )
    @action(detail=True, methods=["post"], locks_on_write=False)
    def execute(self, request: Request, pk: UUID) -> Response:
        """Start a run; with `dry_run` say what it would do, and store and call nothing.

        Without a version the live one runs; `draft` runs in development only.
        """
        entity = self.get_object()
        data = self.validated(ExecuteSerializer(data=request.data))
        dry_run, options = data.pop("dry_run"), _options(data)
        runnable = runnables.get(entity.feature_type)
        asked: dict[str, Any] = {"actor": self.actor, "target": str(entity.pk), **data}
        if dry_run:
            if runnable.dry_run is None:
                fault = ErrorDetail("There is no dry run of this.", "invalid")
                raise serializers.ValidationError({"dry_run": [fault]})
            return Response(runnable.dry_run(**asked))
        row = start_execution(
            actor=self.actor,
            prepared=runnable.prepare(**asked),
            environment=data["environment"],
            **options,
        )
        response = Response(show_run(self.actor, row.pk), status=status.HTTP_202_ACCEPTED)
        response["Location"] = address_of(row.pk, request)
        return response

    @extend_schema(responses={200: ExecutionListSerializer(many=True)})
    @action(
        detail=True,
        methods=["get"],
        filterset_class=ExecutionFilters,
        filter_backends=(StrictFilterBackend,),
    )
    def executions(self, request: Request, pk: UUID) -> Response:
        """List the runs of this, the newest first."""
        entity = self.get_object()
        rows: Any = Execution.objects.visible_to(self.actor).with_checksum().without_content()
        rows = self.filter_queryset(rows.of_source(entity.feature_type, entity.pk))
        page = self.paginate_queryset(rows.order_by("-created_at", "-id"))
        return self.get_paginated_response(ExecutionListSerializer(page, many=True).data)


def _options(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data.pop(name) for name in ("priority", "correlation_id", "session_id")}
