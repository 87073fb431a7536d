"""Running a model over REST."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from function_models.api.serializers import execution as shapes
from function_models.services.foretelling import dry_run
from function_models.services.running import execute_model, refuse_archived
from spindles.api.executions.control import address_of
from spindles.api.executions.executing import ExecutionActions
from spindles.api.executions.reading import show_run
from spindles.api.executions.serializers import ExecutionSerializer

EXECUTION_EXAMPLES = {
    "execute": [
        OpenApiExample(
            "the live version",
            {"inputs": {"service": "mail", "severity": 1}, "environment": "production"},
            request_only=True,
        )
    ]
}


class ModelExecutionActions(ExecutionActions):
    """Start runs of a model, and list them."""

    @extend_schema(
        request=shapes.ExecuteModelSerializer,
        responses={202: ExecutionSerializer, 200: shapes.DryRunSerializer},
    )
    @action(detail=True, methods=["post"], locks_on_write=False)
    def execute(  # type: ignore[override]  # the type of an action names its class
        self, request: Request, pk: UUID
    ) -> Response:
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
        response = Response(show_run(self.actor, started.pk), status.HTTP_202_ACCEPTED)
        response["Location"] = address_of(started.pk, request)
        return response
