"""Addresses of spindles and runs below `/api/v1/`."""

from django.urls import include, path

urlpatterns = [
    path("", include("spindles.api.credentials.urls")),
    path("", include("spindles.api.executions.urls")),
]
