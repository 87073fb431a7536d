"""Addresses of spindles and runs below `/api/v1/`."""

from django.urls import include, path

urlpatterns = [
    # Before the router's own addresses, which would take them for an id.
    path("", include("spindles.api.timelines")),
    path("", include("spindles.api.executions.urls")),
]
