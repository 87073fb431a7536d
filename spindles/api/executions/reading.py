"""What the views of runs share: who sees them, and how one is shown."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.views import GenericViewSet
from spindles.api.executions import serializers as shapes
from spindles.models import Execution
from spindles.registry.runnables import runnables
from spindles.runs.descendants import children_of


class RunReads(CallerMixin, GenericViewSet):
    """Base of the viewsets of runs: who sees what runs sees its runs."""

    permission_classes = (IsMember,)
    queryset = Execution.objects.none()
    scope_resource = "executions"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the runs that the caller may see, each with the checksum of its plan."""
        return Execution.objects.visible_to(self.actor).with_checksum()

    def answer(self, pk: UUID, code: int = status.HTTP_200_OK) -> Response:
        """Return the answer with a run as it is now."""
        return Response(show_run(self.actor, pk), status=code)


def show_run(actor: Actor, pk: UUID) -> dict[str, Any]:
    """Return a run that the actor sees, as it is now, as answers show it."""
    return shown(Execution.objects.visible_to(actor).with_checksum().get(pk=pk))


def shown(execution: Execution) -> dict[str, Any]:
    """Return a run as answers show it: with the runs below it and what its feature adds."""
    context = {"children": children_of(execution)}
    answer = dict(shapes.ExecutionSerializer(execution, context=context).data)
    runnable = runnables.find(execution.source_feature)
    if runnable is not None and runnable.tell is not None:
        rows = list(execution.steps.order_by("position", "id"))
        answer |= runnable.tell(execution, rows)
    return answer
