"""Addresses of spindles and runs below `/api/v1/`."""

from django.urls import include, path

from config.api.routers import Router
from spindles.api.pictures import PICTURE, PICTURE_PARAMETERS
from spindles.api.step_kinds import StepKindsView
from spindles.api.triggers.hooks import HookView, OrganizationHookView
from spindles.api.views import SpindleViewSet

router = Router()
router.register("spindles", SpindleViewSet, basename="spindles")

picture = SpindleViewSet.as_view(
    {"get": "canvas_picture"},
    basename="spindles",
    detail=True,
    extra_query_parameters=PICTURE_PARAMETERS,
)

urlpatterns = [
    path(PICTURE, picture, name="spindles-picture"),
    path("step-kinds/", StepKindsView.as_view(), name="step-kinds"),
    path("", include("spindles.api.credentials.urls")),
    path("hooks/<str:path>/", HookView.as_view(), name="hook"),
    path("hooks/<str:organization>/<str:path>/", OrganizationHookView.as_view(), name="hook"),
    # Before the router's own addresses, which would take them for an id.
    path("", include("spindles.api.timelines")),
    path("", include("spindles.api.executions.urls")),
    *router.urls,
]
