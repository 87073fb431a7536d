"""One step of a run over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from spindles.api.executions import control_serializers as asked
from spindles.api.executions.control import validated
from spindles.api.executions.examples import STEPS
from spindles.api.executions.reading import RunReads
from spindles.api.executions.serializers import ExecutionSerializer
from spindles.api.executions.step_serializers import StepSerializer
from spindles.permissions import require_control
from spindles.runs.steps import show_step
from spindles.services.human_tasks import assign_task, complete_task
from spindles.services.skipping import skip_step


class StepViewSet(RunReads):
    """A step of a run, or an item of one of its maps."""

    examples = STEPS
    serializer_class = StepSerializer
    lookup_url_kwarg = "execution_id"
    lookup_field = "pk"
    filter_backends = ()
    scope_execute = ("skip", "complete", "assign")
    pagination_class = None

    def get_queryset(self) -> Any:
        """Return the runs that the caller may see, without what can be large."""
        rows: Any = super().get_queryset()
        return rows.without_content()

    @extend_schema(responses={200: StepSerializer})
    def retrieve(self, request: Request, execution_id: UUID, step_id: str) -> Response:
        """Read a step with its tries and its whole output, however large it is."""
        shown = show_step(self.get_object(), step_id)
        return Response(StepSerializer(shown).data)

    @extend_schema(request=asked.ControlReasonSerializer, responses={200: ExecutionSerializer})
    def skip(self, request: Request, execution_id: UUID, step_id: str) -> Response:
        """Skip a pending step; what depends on it runs. 409 for a step in any other state."""
        run = self.get_object()
        require_control(self.actor, run)
        show_step(run, step_id)
        data = validated(asked.ControlReasonSerializer(data=request.data))
        skip_step(actor=self.actor, pk=run.pk, step_id=step_id, **data)
        return self.answer(run.pk)

    @extend_schema(request=asked.CompleteSerializer, responses={200: ExecutionSerializer})
    def complete(self, request: Request, execution_id: UUID, step_id: str) -> Response:
        """Answer a human task: for its assignees and administrators.

        400 leaves it open to be answered again; 409 `already_completed` where it has been.
        """
        run = self.get_object()
        data = validated(asked.CompleteSerializer(data=request.data))
        complete_task(actor=self.actor, pk=run.pk, step_id=step_id, **data)
        return self.answer(run.pk)

    @extend_schema(request=asked.AssignSerializer, responses={200: ExecutionSerializer})
    def assign(self, request: Request, execution_id: UUID, step_id: str) -> Response:
        """Give a human task to others."""
        run = self.get_object()
        data = validated(asked.AssignSerializer(data=request.data))
        assign_task(actor=self.actor, pk=run.pk, step_id=step_id, **data)
        return self.answer(run.pk)
