"""Addresses that fail in every way a view can, beside the real ones for probes."""

import structlog
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from config.api import errors
from config.request_context import current_request_id


def echo(_request: HttpRequest) -> HttpResponse:
    """Answer with the request id that the code sees."""
    structlog.contextvars.bind_contextvars(organization_id="org-1", user_id="user-1")
    return HttpResponse(current_request_id())


def broken(_request: HttpRequest) -> HttpResponse:
    """Fail with a message that must not get out."""
    raise KeyError("the-inside")


def missing(_request: HttpRequest) -> HttpResponse:
    """Find nothing."""
    raise Http404("the-inside")


def forbidden(_request: HttpRequest) -> HttpResponse:
    """Refuse."""
    raise PermissionDenied


def database_down(_request: HttpRequest) -> HttpResponse:
    """Lose the database."""
    raise OperationalError("connection to server at 10.0.0.1 failed: the-inside")


def connection_closed(_request: HttpRequest) -> HttpResponse:
    """Find the connection closed."""
    raise InterfaceError("connection already closed")


def many_statements(request: HttpRequest) -> HttpResponse:
    """Send the same statement as often as asked."""
    with connection.cursor() as cursor:
        for number in range(int(request.GET["times"])):
            cursor.execute("SELECT fingerprint FROM slow_queries WHERE id = %s", [number])
    return HttpResponse()


urlpatterns = [
    path("api/echo/", echo, name="echo"),
    path("api/broken/", broken),
    path("api/missing/", missing),
    path("api/forbidden/", forbidden),
    path("api/database-down/", database_down),
    path("api/connection-closed/", connection_closed),
    path("api/many-statements/", many_statements),
    path("page/broken/", broken),
    path("admin/", admin.site.urls),
    path("", include("config.health_urls")),
]
handler404 = errors.handler404
handler500 = errors.handler500
