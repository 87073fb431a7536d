"""Addresses of function models below `/api/v1/`."""

from config.api.routers import Router
from function_models.api.views import FunctionModelViewSet

router = Router()
router.register("function-models", FunctionModelViewSet, basename="function-models")

urlpatterns = router.urls
