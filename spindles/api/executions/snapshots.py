"""Snapshots of runs over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from config.api.serializers import Serializer
from spindles.api.executions import control_serializers as shapes
from spindles.api.executions.control import validated
from spindles.api.executions.examples import SNAPSHOTS
from spindles.api.executions.reading import RunReads
from spindles.api.executions.serializers import ExecutionSerializer
from spindles.models import Execution
from spindles.permissions import require_control
from spindles.services import snapshots
from spindles.services.acting import FAILED, PAUSED, RUNNING, require_status


class NothingSerializer(Serializer):
    """An empty object."""


class SnapshotViewSet(RunReads):
    """Where a run stood, so that it can go on from there."""

    examples = SNAPSHOTS
    serializer_class: type[BaseSerializer[Any]] = shapes.SnapshotSerializer
    lookup_url_kwarg = "execution_id"
    lookup_field = "pk"
    filter_backends = ()
    scope_execute = ("restore",)

    def get_queryset(self) -> Any:
        """Return the runs that the caller may see, without what can be large."""
        rows: Any = super().get_queryset()
        return rows.without_content()

    @extend_schema(responses={200: shapes.SnapshotSerializer(many=True)})
    def list(self, request: Request, execution_id: UUID) -> Response:
        """List the snapshots of a run, the newest first."""
        rows = snapshots.snapshots_of(self.get_object()).defer("content")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.SnapshotSerializer(page, many=True).data)

    @extend_schema(request=NothingSerializer, responses={201: shapes.SnapshotSerializer})
    def create(self, request: Request, execution_id: UUID) -> Response:
        """Write down where a running, paused or failed run stands."""
        run = self._controlled(RUNNING, PAUSED, FAILED)
        validated(NothingSerializer(data=request.data))
        taken = snapshots.take_snapshot(actor=self.actor, pk=run.pk)
        shown = shapes.SnapshotSerializer(taken).data
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(responses={200: shapes.SnapshotContentSerializer})
    def retrieve(self, request: Request, execution_id: UUID, number: int) -> Response:
        """Read a snapshot with the state and output of each step."""
        found = snapshots.find_snapshot(self.get_object().pk, number)
        return Response(shapes.SnapshotContentSerializer(found).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, execution_id: UUID, number: int) -> Response:
        """Remove a snapshot; its number is not given again."""
        run = self._controlled()
        snapshots.delete_snapshot(actor=self.actor, pk=run.pk, number=number)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=shapes.ControlReasonSerializer, responses={200: ExecutionSerializer})
    def restore(self, request: Request, execution_id: UUID, number: int) -> Response:
        """Bring a paused or failed run back to where it stood; it is paused then.

        What was completed since is pending again. 409 `not_restorable` for a snapshot that is not
        ready.
        """
        run: Execution = self.get_object()
        snapshots.find_snapshot(run.pk, number)
        run = self._controlled(PAUSED, FAILED)
        data = validated(shapes.ControlReasonSerializer(data=request.data))
        snapshots.restore_snapshot(actor=self.actor, pk=run.pk, number=number, **data)
        return self.answer(run.pk)

    def _controlled(self, *statuses: str) -> Execution:
        run: Execution = self.get_object()
        require_control(self.actor, run)
        if statuses:
            require_status(run, *statuses)
        return run
