"""The part of the viewset that draws models."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from function_models.services.pictures import DRAFT, draw_state, draw_states
from node_links.api.svg import DRAWN_VERSION, IF_HELD, RESPONSES, svg_response
from node_links.api.views import NodeEntityViewSet

PICTURE = "function-models/<uuid:pk>/canvas.svg"
"""Where the picture of a model is, below `/api/v1/`; it ends without a slash, as files do."""
PICTURE_PARAMETERS = ("version", "compare", "deleted")


class PictureActions(NodeEntityViewSet):
    """Draw a model, or what differs between two of its versions."""

    @extend_schema(
        parameters=[
            DRAWN_VERSION,
            OpenApiParameter(
                "compare", str,
                description="An earlier state, named in the same way: what was added since is "
                "green, removed red and dashed, modified amber, moved grey.",
            ),
            IF_HELD,
        ],
        responses=RESPONSES,
        operation_id="function_models_picture",
    )  # fmt: skip
    def canvas_picture(self, request: Request, pk: UUID) -> HttpResponse:
        """Draw the model as SVG. 404 for a version that does not exist."""
        model = self.get_object()
        version = request.query_params.get("version") or DRAFT
        compared = request.query_params.get("compare")
        if compared:
            picture = draw_states(model=model, old=compared, new=version).picture
        else:
            picture = draw_state(model=model, version=version)
        return svg_response(request, picture)
