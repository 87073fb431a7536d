"""Addresses of runs below `/api/v1/`."""

from django.urls import path

from config.api.routers import Router
from spindles.api.executions.step_views import StepViewSet
from spindles.api.executions.views import ExecutionViewSet

router = Router()
router.register("executions", ExecutionViewSet, basename="executions")

# The id of a step is its author's: it may hold anything, also a slash.
_STEP = "executions/<uuid:execution_id>/steps/<path:step_id>/"

urlpatterns = [
    *router.urls,
    path(_STEP, StepViewSet.as_view({"get": "retrieve"}), name="execution-step"),
]
