"""Running a model over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.filters import StrictFilterBackend
from function_models.api.serializers import execution as shapes
from function_models.models import FunctionModel
from function_models.services.foretelling import dry_run
from function_models.services.running import execute_model, refuse_archived
from node_links.api.views import NodeEntityViewSet
from node_links.permissions import Act
from spindles.api.executions.filters import ExecutionFilters
from spindles.api.executions.serializers import ExecutionListSerializer, ExecutionSerializer
from spindles.api.executions.started import accepted
from spindles.models import Execution

EXECUTION_ACTS = {"execute": Act.EXECUTE}
EXECUTION_EXAMPLES = {
    "execute": [
        OpenApiExample(
            "the live version",
            {"inputs": {"service": "mail", "severity": 1}, "environment": "production"},
            request_only=True,
        )
    ]
}


class ExecutionActions(NodeEntityViewSet):
    """Start runs of a model, and list them."""

    @extend_schema(
        request=shapes.ExecuteModelSerializer,
        responses={202: ExecutionSerializer, 200: shapes.DryRunSerializer},
    )
    @action(detail=True, methods=["post"], locks_on_write=False)
    def execute(self, request: Request, pk: UUID) -> Response:
        """Run a version of the model: 202 with the run. With `dry_run` say what a run would do:
        200, nothing is stored.

        409 `not_published`, `not_publishable`, `nesting_too_deep`; of an archived model
        `invalid_transition`.
        """
        model = self.get_object()
        refuse_archived(model)
        asked = self.validated(shapes.ExecuteModelSerializer(data=request.data))
        session_id = asked.pop("session_id")
        if asked.pop("dry_run"):
            return Response(dry_run(actor=self.actor, target=str(model.pk), **asked))
        started = execute_model(actor=self.actor, pk=model.pk, session_id=session_id, **asked)
        return accepted(started, self.get_serializer_context())

    @extend_schema(responses={200: ExecutionListSerializer(many=True)})
    @action(
        detail=True,
        methods=["get"],
        filterset_class=ExecutionFilters,
        filter_backends=(StrictFilterBackend,),
    )
    def executions(self, request: Request, pk: UUID) -> Response:
        """List the runs of the model, the newest first."""
        model = self.get_object()
        rows: Any = Execution.objects.visible_to(self.actor).of_source(
            FunctionModel.feature_type, model.pk
        )
        rows = rows.without_content().with_checksum().order_by("-created_at", "-id")
        page = self.paginate_queryset(self.filter_queryset(rows))
        context = self.get_serializer_context()
        shown = ExecutionListSerializer(page, many=True, context=context).data
        return self.get_paginated_response(shown)
