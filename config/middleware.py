"""The outermost middleware: request id, one log line, two metrics and the last net for errors.

One class does all of it, because each layer of the chain costs every request.
"""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

from config.metrics.pool import publish_pool
from config.metrics.requests import observe_request
from config.request_context import accept_request_id, client_address, request_context
from config.slow_queries import query_watch
from config.unread_body import discard_unread_body

logger = structlog.get_logger("nodeloom.request")

MACHINE_PATHS = ("/api/", "/health", "/metrics", "/mcp")
# Probes come every few seconds for ever; their lines would bury the others.
QUIET_PATHS = ("/health", "/metrics")
REFUSED = 400
FORBIDDEN = 403
PROBLEM_RESPONSE = "config.api.errors.problem_response_for"


class RequestContextMiddleware:
    """Gives each request its id and tells the logs and the metrics how it ended.

    `X-Request-ID` is taken from the caller where it is well formed, else made; it goes out on every
    answer. An exception that escapes a view under the API is answered as a problem document
    (RFC 9457) that shows nothing of the inside; PostgreSQL out of reach is 503 with Retry-After.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request under its own context."""
        started = time.perf_counter()
        request_id = accept_request_id(request.headers.get("X-Request-ID"))
        with request_context(request_id):
            with query_watch():
                response = self.get_response(request)
            if response.status_code == FORBIDDEN:
                # The request's transaction has been taken back; what is on record now stays.
                import_string(settings.REFUSAL_RECORDER)(response)
            if response.status_code >= REFUSED:
                discard_unread_body(request)
            response["X-Request-ID"] = request_id
            tell_request(request, response, time.perf_counter() - started)
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Answer an exception that escaped a view of the API; pages keep Django's own answer."""
        if not request.path.startswith(MACHINE_PATHS):
            return None
        return problem_for(request, exception)


def problem_for(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return the problem document that tells `exception`; our own faults are logged in full."""
    # By name: the API's error handler stands above this module.
    respond: Callable[[Exception, HttpRequest], HttpResponseBase] = import_string(PROBLEM_RESPONSE)
    response = respond(exception, request)
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("database_unavailable", path=request.path, error=str(exception).strip())
    elif response.status_code >= 500:
        logger.error("request_failed", path=request.path, exc_info=exception)
    return response


def tell_request(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Write the request's log line, with the log context's organisation and user, and count it."""
    observe_request(request, response.status_code, seconds)
    publish_pool()
    log = logger.debug if request.path.startswith(QUIET_PATHS) else logger.info
    log(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 2),
        client=client_address(request),
    )
