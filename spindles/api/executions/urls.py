"""Addresses of runs below `/api/v1/`."""

from django.urls import path

from config.api.routers import Router
from spindles.api.executions.snapshots import SnapshotViewSet
from spindles.api.executions.step_views import StepViewSet
from spindles.api.executions.tasks import TaskViewSet
from spindles.api.executions.views import ExecutionViewSet

router = Router()
router.register("executions", ExecutionViewSet, basename="executions")

_RUN = "executions/<uuid:execution_id>/"
# The id of a step is its author's: it may hold anything, also a slash.
_STEP = f"{_RUN}steps/<path:step_id>/"
_SNAPSHOT = f"{_RUN}snapshots/<int:number>/"


urlpatterns = [
    # Before the router's own addresses, which would take it for an id.
    path("executions/tasks/", TaskViewSet.as_view({"get": "list"}), name="execution-tasks"),
    *router.urls,
    path(f"{_STEP}skip/", StepViewSet.as_view({"post": "skip"}), name="execution-step-skip"),
    path(
        f"{_STEP}complete/",
        StepViewSet.as_view({"post": "complete"}),
        name="execution-step-complete",
    ),
    path(f"{_STEP}assign/", StepViewSet.as_view({"post": "assign"}), name="execution-step-assign"),
    path(_STEP, StepViewSet.as_view({"get": "retrieve"}), name="execution-step"),
    path(
        f"{_RUN}snapshots/",
        SnapshotViewSet.as_view({"get": "list", "post": "create"}),
        name="execution-snapshots",
    ),
    path(
        _SNAPSHOT,
        SnapshotViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="execution-snapshot",
    ),
    path(
        f"{_SNAPSHOT}restore/",
        SnapshotViewSet.as_view({"post": "restore"}),
        name="execution-snapshot-restore",
    ),
]
