"""The part of the viewset that draws spindles."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from node_links.api.svg import DRAWN_VERSION, IF_HELD, RESPONSES, svg_response
from node_links.api.views import NodeEntityViewSet
from spindles.services.pictures import DRAFT, draw_spindle

PICTURE = "spindles/<uuid:pk>/canvas.svg"
"""Where the picture of a spindle is, below `/api/v1/`; it ends without a slash, as files do."""
PICTURE_PARAMETERS = ("version", "deleted")


class PictureActions(NodeEntityViewSet):
    """Draw a spindle: its steps, and what each waits for."""

    @extend_schema(
        parameters=[DRAWN_VERSION, IF_HELD],
        responses=RESPONSES,
        operation_id="spindles_picture",
    )
    def canvas_picture(self, request: Request, pk: UUID) -> HttpResponse:
        """Draw the spindle as SVG. 404 for a version that does not exist."""
        spindle = self.get_object()
        version = request.query_params.get("version") or DRAFT
        picture = draw_spindle(spindle=spindle, version=version)
        return svg_response(request, picture)
