"""What a spindle is made of over REST: as a drawing, and as a list of steps."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import ParameterError
from node_links.models import document_of
from node_links.permissions import Act
from node_links.services.versions import get_snapshot
from spindles.api.base import SpindleActions
from spindles.api.serializers import definitions as shapes
from spindles.api.serializers.shapes import SpindleCanvasSerializer
from spindles.definitions.analysis import AVERAGE_SECONDS, analyse
from spindles.definitions.drawing import parse_drawing
from spindles.models import Spindle, SpindleVersion
from spindles.services.defining import definition_of
from spindles.services.problems import problems_of
from spindles.services.spindles import update_spindle
from spindles.services.states import require_draft

MAX_AVERAGE = 86_400
AT_VERSION = OpenApiParameter(
    "version", str, description="A published number, or `published`; absent: the working copy."
)
AVERAGE = OpenApiParameter("average", float, description="How many seconds a step takes (60).")
ACTS = {"put_canvas": Act.EDIT, "put_steps": Act.EDIT}


class DefinitionActions(SpindleActions):
    """Read and write the definition. Every answer carries the spindle's revision as its ETag."""

    documents = ("canvas",)

    @extend_schema(parameters=[AT_VERSION], responses={200: SpindleCanvasSerializer})
    @action(detail=True, methods=["get"], extra_query_parameters=("version", "deleted"))
    def canvas(self, request: Request, pk: UUID) -> Response:
        """Return the drawing as a React Flow document `{nodes, edges, viewport}`."""
        version = request.query_params.get("version")
        if version is None:
            return self.document_response(lambda spindle: spindle.document)
        snapshot = get_snapshot(SpindleVersion, entity=self.get_object(), version=version)
        return Response(document_of(snapshot.content))

    @extend_schema(request=SpindleCanvasSerializer, responses={200: SpindleCanvasSerializer})
    @canvas.mapping.put
    def put_canvas(self, request: Request, pk: UUID) -> Response:
        """Replace the drawing, and with it the steps; return what was stored."""
        spindle = self._writable()
        written = self._write(spindle, {"canvas": parse_drawing(request.data)})
        return Response(written.document, headers=self.tag_of(written))

    @extend_schema(parameters=[AVERAGE], responses={200: shapes.DefinitionSerializer})
    @action(detail=True, methods=["get"], extra_query_parameters=("average", "deleted"))
    def steps(self, request: Request, pk: UUID) -> Response:
        """List the steps of the working copy, with their figures and problems."""
        return self._told(self.get_object())

    @extend_schema(
        request=shapes.WriteStepsSerializer, responses={200: shapes.DefinitionSerializer}
    )
    @steps.mapping.put
    def put_steps(self, request: Request, pk: UUID) -> Response:
        """Replace the steps. What was drawn keeps its place and the keys that are not ours."""
        spindle = self._writable()
        values = self.validated(shapes.WriteStepsSerializer(data=request.data))
        return self._told(self._write(spindle, values))

    def _writable(self) -> Spindle:
        spindle: Spindle = self.get_object()
        require_draft(spindle)
        return spindle

    def _write(self, spindle: Spindle, values: dict[str, Any]) -> Spindle:
        return update_spindle(**self.said_of(spindle), values=values)

    def _told(self, spindle: Spindle) -> Response:
        steps = definition_of(spindle).steps
        told = {
            "steps": [step.as_dict() for step in steps],
            "analysis": analyse(steps, average=self._average()),
            "problems": [problem.as_dict() for problem in problems_of(spindle)],
        }
        return Response(told, headers=self.tag_of(spindle))

    def _average(self) -> float:
        text = self.request.query_params.get("average")
        if text is None:
            return AVERAGE_SECONDS
        try:
            seconds = float(text)
        except ValueError:
            raise ParameterError.of("average", "invalid", "A number is needed.") from None
        if not 0 < seconds <= MAX_AVERAGE:
            code = "max_value" if seconds > MAX_AVERAGE else "min_value"
            message = f"Above 0 and at most {MAX_AVERAGE}."
            raise ParameterError.of("average", code, message)
        return seconds
