"""Every error of the API becomes a problem document here (RFC 9457).

Errors inside a view come through `exception_handler`, which also rolls the request's transaction
back. Errors outside of one (unknown address, middleware, a lost database) come through
`problem_response_for` and the `handler…` functions named in `config.urls`.
"""

import math
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.fields import get_error_detail
from rest_framework.response import Response

from config.api.database_errors import problem_of_database
from config.api.pointers import field_errors, parameter_errors
from config.api.problems import CONTENT_TYPE, INTERNAL, Problem
from config.exceptions import (
    DomainError,
    Forbidden,
    InfrastructureException,
    NotFound,
    RateLimited,
    TooLarge,
    ValidationFailed,
)

logger = structlog.get_logger("nodeloom.api")

CHALLENGE = 'Bearer realm="nodeloom"'
INVALID = "The request has invalid values."
MACHINE_PATHS = ("/api/", "/health", "/metrics", "/mcp")
# A body whose only faults are references to unknown rows, or taken values, is well-formed: it
# contradicts other data, which is told by another status.
PROMOTED = {"does_not_exist": "not_found", "unique": "duplicate"}


class ParameterError(drf.ValidationError):
    """Query parameters that are malformed or unknown: `{name: ErrorDetail or list of them}`."""

    @classmethod
    def of(cls, name: str, code: str, message: str) -> "ParameterError":
        """Return the refusal of one parameter."""
        return cls({name: [drf.ErrorDetail(message, code)]})


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer that tells `exc`, or None (so: 500) for an error nobody foresaw."""
    problem = problem_of(exc)
    if problem is None:
        return None
    if problem.http_status >= 500:
        logger.error("request_failed", code=problem.code, exc_info=exc)
    roll_back(context.get("view"))
    return Response(
        problem.body(),
        status=problem.http_status,
        headers=dict(problem.headers),
        content_type=CONTENT_TYPE,
    )


def problem_response_for(exc: BaseException | None, request: HttpRequest) -> HttpResponse:
    """Return the same answer for an error that escaped the framework; 500 where it is unknown."""
    problem = problem_of(exc) if isinstance(exc, Exception) else None
    return render(problem or INTERNAL)


def render(problem: Problem) -> HttpResponse:
    """Return `problem` as a finished response."""
    return HttpResponse(
        orjson.dumps(problem.body(), default=str),
        status=problem.http_status,
        content_type=CONTENT_TYPE,
        headers=dict(problem.headers),
    )


def roll_back(view: object) -> None:
    """Mark the request's transaction so that nothing of a refused request stays.

    A view marked `non_atomic_requests` minds its own transactions.
    """
    exempt = getattr(getattr(view, "dispatch", None), "_non_atomic_requests", ())
    for connection in connections.all(initialized_only=True):
        atomic = connection.settings_dict["ATOMIC_REQUESTS"] and connection.alias not in exempt
        if atomic and connection.in_atomic_block:
            connection.set_rollback(True)


def problem_of(exc: Exception) -> Problem | None:
    """Return what to tell the caller about `exc`, None for a fault of our own."""
    for kinds, translate in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return translate(exc)
    return problem_of_database(exc)


def _domain(exc: DomainError) -> Problem:
    wait = getattr(exc, "retry_after", None)
    headers = {} if wait is None else {"Retry-After": str(math.ceil(wait))}
    if exc.status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    return Problem(exc.code, exc.detail, exc.status, exc.errors, exc.extra, headers)


def _infrastructure(exc: InfrastructureException) -> Problem:
    headers = {}
    if exc.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(exc.retry_after))
    service = getattr(exc, "service", None)
    return Problem(
        exc.problem_code,
        HTTPStatus(exc.status_code).description or HTTPStatus(exc.status_code).phrase,
        exc.status_code,
        extra={"service": service} if service else {},
        headers=headers,
    )


def _invalid(exc: drf.ValidationError) -> Problem:
    if isinstance(exc, ParameterError) and isinstance(exc.detail, dict):
        return Problem("validation_error", INVALID, errors=parameter_errors(exc.detail))
    errors = field_errors(exc.detail)
    codes = {error.code for error in errors}
    promoted = PROMOTED.get(codes.pop()) if len(codes) == 1 else None
    if promoted == "not_found":
        return Problem(promoted, "Something the request refers to was not found.", errors=errors)
    if promoted == "duplicate":
        return Problem(promoted, "It exists already.", errors=errors)
    return Problem("validation_error", INVALID, errors=errors)


def _model_invalid(exc: DjangoValidationError) -> Problem:
    return _invalid(drf.ValidationError(get_error_detail(exc)))


def _framework(exc: drf.APIException) -> Problem:
    status = exc.status_code
    detail = exc.detail.get("detail", exc.detail) if isinstance(exc.detail, dict) else exc.detail
    code = getattr(detail, "code", exc.default_code)
    headers = {}
    if isinstance(exc, drf.Throttled):
        return _domain(RateLimited(getattr(exc, "wait", None) or 1))
    if isinstance(exc, drf.AuthenticationFailed | drf.NotAuthenticated):
        # Without any authenticator to answer a challenge the framework turns 401 into 403.
        code = exc.default_code if status == 401 else "permission_denied"
        headers["WWW-Authenticate"] = getattr(exc, "auth_header", CHALLENGE)
    elif isinstance(exc, drf.ParseError):
        return _domain(ValidationFailed.of("", "malformed", str(detail)))
    return Problem(_CODES.get(code, code), str(detail), status, headers=headers)


def _value(exc: ValueError) -> Problem | None:
    """Values that the database driver or `uuid.UUID` cannot take; any other is our own fault."""
    if isinstance(exc, UnicodeEncodeError) or str(exc) == "badly formed hexadecimal UUID string":
        return Problem("validation_error", INVALID)
    return None


_CODES = {"error": "internal_error", "parse_error": "validation_error"}
_Translations = tuple[tuple[type[Exception], Callable[[Any], Problem | None]], ...]
_TRANSLATIONS: _Translations = (
    (DomainError, _domain),
    (InfrastructureException, _infrastructure),
    (drf.ValidationError, _invalid),
    (drf.APIException, _framework),
    (Http404, lambda _: _domain(NotFound())),
    (PermissionDenied, lambda _: _domain(Forbidden())),
    (DjangoValidationError, _model_invalid),
    (RequestDataTooBig, lambda _: _domain(TooLarge())),
    (SuspiciousOperation, lambda _: Problem("bad_request", "The request is malformed.")),
    (UnreadablePostError, lambda _: Problem("bad_request", "The body broke off.")),
    (ValueError, _value),
)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that Django itself refuses (bad host, too many fields)."""
    if request.path.startswith(MACHINE_PATHS):
        return problem_response_for(exception, request)
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer an act that is not allowed."""
    if request.path.startswith(MACHINE_PATHS):
        return problem_response_for(exception, request)
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer an unknown address: a problem below `/api/`, Django's page elsewhere."""
    if request.path.startswith(MACHINE_PATHS):
        return problem_response_for(exception, request)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponseBase:
    """Answer an error that nothing else caught. Django has logged it and still handles it here."""
    if request.path.startswith(MACHINE_PATHS):
        return problem_response_for(sys.exc_info()[1], request)
    return defaults.server_error(request)
