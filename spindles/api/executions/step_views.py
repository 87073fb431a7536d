"""One step of a run over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from spindles.api.executions.examples import STEPS
from spindles.api.executions.step_serializers import StepSerializer
from spindles.api.executions.views import RunReads
from spindles.runs.steps import show_step


class StepViewSet(RunReads):
    """A step of a run, or an item of one of its maps."""

    examples = STEPS
    serializer_class = StepSerializer
    lookup_url_kwarg = "execution_id"
    lookup_field = "pk"
    filter_backends = ()
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
