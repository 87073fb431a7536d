"""Addresses of function models below `/api/v1/`."""

from django.urls import path

from config.api.routers import Router
from function_models.api.pictures import PICTURE, PICTURE_PARAMETERS
from function_models.api.views import FunctionModelViewSet

router = Router()
router.register("function-models", FunctionModelViewSet, basename="function-models")

picture = FunctionModelViewSet.as_view(
    {"get": "canvas_picture"},
    basename="function-models",
    detail=True,
    extra_query_parameters=PICTURE_PARAMETERS,
)

urlpatterns = [path(PICTURE, picture, name="function-models-picture"), *router.urls]
