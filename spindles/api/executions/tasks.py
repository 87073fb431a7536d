"""Open human tasks over REST."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.errors import ParameterError
from config.api.filters import StrictFilterBackend
from config.api.views import GenericViewSet
from spindles.api.executions.control_serializers import TaskSerializer
from spindles.api.executions.filters import ME
from spindles.models import ExecutionStep
from spindles.services.human_tasks import open_tasks

_ASSIGNEE = OpenApiParameter(
    "assignee", str, enum=[ME], description="`me`: those that name the caller, and no others."
)


class TaskViewSet(CallerMixin, GenericViewSet):
    """What waits for a person."""

    permission_classes = (IsMember,)
    queryset = ExecutionStep.objects.none()
    serializer_class = TaskSerializer
    scope_resource = "executions"
    filter_backends = (StrictFilterBackend,)
    extra_query_parameters = ("assignee",)

    def get_queryset(self) -> Any:
        """Return the open tasks that the caller may answer."""
        wanted = self.request.query_params.get("assignee")
        if wanted not in (None, ME):
            raise ParameterError.of("assignee", "invalid_choice", f"Write `{ME}`.")
        return open_tasks(self.actor, only_own=wanted == ME)

    @extend_schema(responses={200: TaskSerializer(many=True)}, parameters=[_ASSIGNEE])
    def list(self, request: Request) -> Response:
        """List the open tasks that the caller may answer; what expires first comes first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(TaskSerializer(page, many=True).data)
