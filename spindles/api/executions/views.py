"""Runs over REST: what they are, their steps, their logs."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.filters import StrictFilterBackend
from node_links.api.streams import FROM, send_on, stream_answers
from node_links.realtime.addresses import LAST_EVENT_ID
from node_links.realtime.callers import caller_of
from spindles.api.executions import serializers as shapes
from spindles.api.executions.control import CONTROLS, ControlActions
from spindles.api.executions.examples import EXECUTIONS, STREAM
from spindles.api.executions.filters import ExecutionFilters, LogFilters, LogPagination, StepFilters
from spindles.api.executions.reading import shown
from spindles.api.executions.step_serializers import StepSerializer
from spindles.models import Execution, ExecutionLog
from spindles.realtime.messages import Position
from spindles.realtime.streams import position_of
from spindles.runs.steps import show_steps, steps_of

_ITEM_OF = OpenApiParameter("item_of", str, description="List the items of this map instead.")


@extend_schema_view(list=extend_schema(responses={200: shapes.ExecutionListSerializer(many=True)}))
class ExecutionViewSet(mixins.ListModelMixin, ControlActions):
    """Runs of spindles, function models and whatever else runs."""

    examples = EXECUTIONS
    serializer_class = shapes.ExecutionListSerializer
    filterset_class = ExecutionFilters
    ordering_fields = ("created_at", "started_at", "completed_at", "priority")
    ordering = ("-created_at", "-id")
    scope_execute = CONTROLS

    def get_queryset(self) -> QuerySet[Any]:
        """Return the runs that the caller may see; a list does not load what can be large."""
        rows: Any = super().get_queryset()
        if self.action != "retrieve":
            rows = rows.without_content()
        return cast("QuerySet[Execution]", rows)

    @extend_schema(responses={200: shapes.ExecutionSerializer})
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Read a run: where it stands, what was asked, what came of it, the runs below it."""
        return Response(shown(self.get_object()))

    @extend_schema(responses={200: StepSerializer(many=True)}, parameters=[_ITEM_OF])
    @action(
        detail=True,
        filterset_class=StepFilters,
        filter_backends=(StrictFilterBackend,),
        extra_query_parameters=("item_of",),
    )
    def steps(self, request: Request, pk: UUID) -> Response:
        """List the steps in the order of their declaration, each with all of its tries."""
        run = self.get_object()
        rows = self.filter_queryset(steps_of(run, item_of=request.query_params.get("item_of")))
        page = self.paginate_queryset(rows)
        shown = StepSerializer(show_steps(run, page or []), many=True).data
        return self.get_paginated_response(shown)

    @extend_schema(responses={200: shapes.LogSerializer(many=True)})
    @action(
        detail=True,
        filterset_class=LogFilters,
        filter_backends=(StrictFilterBackend,),
        pagination_class=LogPagination,
    )
    def logs(self, request: Request, pk: UUID) -> Response:
        """List the lines of the log, the first one first."""
        rows = ExecutionLog.objects.filter(execution=self.get_object())
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(shapes.LogSerializer(page, many=True).data)

    @extend_schema(
        parameters=FROM,
        responses=stream_answers(STREAM),
        operation_id="executions_events",
    )
    @action(
        detail=True,
        pagination_class=None,
        filter_backends=(),
        extra_query_parameters=(LAST_EVENT_ID,),
    )
    def events(self, request: Request, pk: UUID) -> HttpResponse:
        """Stream the run: `status`, `step` and `log` as they come, `end` when it is over.

        It begins at the beginning, or behind the message named by Last-Event-ID.
        """
        self.get_object()
        caller, after = caller_of(self.actor), position_of(request._request)
        return send_on(request, caller, after=None if after == Position() else str(after))
