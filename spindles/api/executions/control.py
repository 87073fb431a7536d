"""Controlling runs over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from spindles.api.executions import control_serializers as asked
from spindles.api.executions.reading import RunReads
from spindles.api.executions.serializers import ExecutionSerializer
from spindles.models import Execution
from spindles.permissions import require_control, require_execution
from spindles.services import control, replaying, retrying
from spindles.services.acting import (
    CANCELLED,
    COMPLETED,
    FAILED,
    PAUSED,
    PENDING,
    RUNNING,
    require_status,
)

ENDED = (COMPLETED, FAILED, CANCELLED)
CONTROLS = ("cancel", "pause", "resume", "retry", "replay")


class ControlActions(RunReads):
    """Cancel, pause, resume, retry, replay. Existence, rights and state come before the body."""

    @extend_schema(request=asked.ControlReasonSerializer, responses={200: ExecutionSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Stop a run for good, and the runs that it started."""
        run = self.controlled(PENDING, RUNNING, PAUSED)
        data = validated(asked.ControlReasonSerializer(data=request.data))
        control.cancel_execution(actor=self.actor, pk=run.pk, **data)
        return self.answer(run.pk)

    @extend_schema(request=None, responses={200: ExecutionSerializer})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Start no further step; what is at work finishes and is kept."""
        run = self.controlled(PENDING, RUNNING)
        control.pause_execution(actor=self.actor, pk=run.pk)
        return self.answer(run.pk)

    @extend_schema(request=asked.ResumeSerializer, responses={200: ExecutionSerializer})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let the same run go on: what failed is tried again, or skipped.

        409 `nothing_to_resume` where nothing is left to be done.
        """
        run = self.controlled(PAUSED, FAILED)
        data = validated(asked.ResumeSerializer(data=request.data))
        control.resume_execution(actor=self.actor, pk=run.pk, **data)
        return self.answer(run.pk)

    @extend_schema(request=asked.RetrySerializer, responses={202: ExecutionSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Start a new run that takes over what this one has completed."""
        run = self.repeatable()
        data = validated(asked.RetrySerializer(data=request.data))
        new = retrying.retry_execution(actor=self.actor, pk=run.pk, **data)
        return self.started(new)

    @extend_schema(request=asked.ReplaySerializer, responses={202: ExecutionSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: UUID) -> Response:
        """Start a new run for comparison; unless it is live, nothing outside is touched."""
        run = self.repeatable()
        data = validated(asked.ReplaySerializer(data=request.data))
        new = replaying.replay_execution(actor=self.actor, pk=run.pk, **data)
        return self.started(new)

    def controlled(self, *statuses: str) -> Execution:
        """Return the run, where the caller may control it and it stands in one of `statuses`."""
        run: Execution = self.get_object()
        require_control(self.actor, run)
        require_status(run, *statuses)
        return run

    def repeatable(self) -> Execution:
        """Return the run, where the caller may start runs of its source and it has ended."""
        run: Execution = self.get_object()
        require_execution(self.actor, run)
        require_status(run, *ENDED)
        return run

    def started(self, row: Execution) -> Response:
        """Return the answer about a run that has been started."""
        response = self.answer(row.pk, status.HTTP_202_ACCEPTED)
        response["Location"] = address_of(row.pk, self.request)
        return response


def address_of(pk: UUID, request: Request) -> str:
    """Return the whole address of a run."""
    return str(reverse("executions-detail", [pk], request=request))


def validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    """Return the checked values. Raises `ValidationError` naming every fault."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
