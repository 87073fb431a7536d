"""Pictures of a run over REST: when each step ran, and how far the run came."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.views import GenericViewSet
from node_links.api.svg import IF_HELD, RESPONSES, svg_response
from spindles.models import Execution
from spindles.services.run_pictures import draw_run_path, draw_run_timeline

_PICTURE: dict[str, Any] = {
    "parameters": [
        IF_HELD
    ],
    "responses": RESPONSES,
    "tags": ["executions"],
}  # fmt: skip


class RunPictureViewSet(CallerMixin, GenericViewSet):
    """Drawings of a run, for documents: nothing outside of them is loaded."""

    permission_classes = (IsMember,)
    queryset = Execution.objects.none()
    scope_resource = "executions"
    filter_backends = ()

    def get_queryset(self) -> Any:
        """Return the runs that the caller may see, with their plans."""
        return Execution.objects.visible_to(self.actor).select_related("plan")

    @extend_schema(**_PICTURE, operation_id="executions_timeline")
    def timeline(self, request: Request, pk: UUID) -> HttpResponse:
        """Draw when each step of a run was tried, how long it took and what it waited for."""
        picture = draw_run_timeline(execution=self.get_object(), now=timezone.now())
        return svg_response(request, picture)

    @extend_schema(**_PICTURE, operation_id="executions_path")
    def path(self, request: Request, pk: UUID) -> HttpResponse:
        """Draw how far a run came, on the drawing of what runs."""
        picture = draw_run_path(execution=self.get_object(), now=timezone.now())
        return svg_response(request, picture)


def _view(action: str) -> Any:
    return RunPictureViewSet.as_view({"get": action}, basename="executions", detail=True)


# They end without a slash, as files do.
urlpatterns = [
    path("executions/<uuid:pk>/timeline.svg", _view("timeline"), name="executions-timeline"),
    path("executions/<uuid:pk>/path.svg", _view("path"), name="executions-path"),
]
