"""What can go wrong, as classes; how it is told over HTTP, as a table.

Two families. `DomainError`: a rule refused what the caller asked for; nothing changed and asking
again the same way is refused again. `InfrastructureException`: something underneath failed (names
and codes of seed document 000, section 6); the caller did nothing wrong. Neither knows of HTTP
frameworks: the API's error handler reads `problem_table` and the attributes of the error.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

RETRY_AFTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class FieldError:
    """One violation: `pointer` is a JSON pointer into the body (`/steps/1`) or `?name` for a query
    parameter, `code` is for programs (`required`, `max_length` …), `message` is for people."""

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """A rule refused the request; nothing was changed.

    `detail` is one sentence for people, `errors` names each wrong field, `extra` holds further
    members of the problem document (RFC 9457, section 3.2), such as `current` and `allowed`.
    """

    status: ClassVar[int] = 400
    code: str = "bad_request"
    default_detail: ClassVar[str] = "The request was refused."

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Iterable[FieldError] = (),
        extra: Mapping[str, object] | None = None,
    ) -> None:
        self.detail = detail or self.default_detail
        if code is not None:
            self.code = code
        self.errors: list[FieldError] = list(errors)
        self.extra: dict[str, object] = dict(extra or {})
        super().__init__(self.detail)


class ValidationFailed(DomainError):
    """Something in the request is malformed or out of range; `errors` names all of it at once."""

    code = "validation_error"
    default_detail = "The request has invalid values."

    @classmethod
    def of(cls, pointer: str, code: str, message: str) -> "ValidationFailed":
        """Return the refusal of a single field."""
        return cls(message, errors=[FieldError(pointer, code, message)])


class NotFound(DomainError):
    """No such row for this caller: unknown, foreign and deleted ones are answered alike."""

    status = 404
    code = "not_found"
    default_detail = "Not found."


class Forbidden(DomainError):
    """The row is visible to the caller; the act is not allowed."""

    status = 403
    code = "permission_denied"
    default_detail = "You may not do this."


class Conflict(DomainError):
    """The request contradicts the present state; subclasses and callers give a closer `code`."""

    status = 409
    code = "conflict"
    default_detail = "The request contradicts the present state."


class InvalidTransition(Conflict):
    """The state machine has no such arrow. Tells the `current` state and those `allowed` next."""

    code = "invalid_transition"

    def __init__(self, current: str, allowed: Iterable[str] = (), detail: str = "") -> None:
        self.current = current
        self.allowed = list(allowed)
        super().__init__(
            detail or f"Not possible in the state {current}.",
            extra={"current": current, "allowed": self.allowed},
        )


class RevisionConflict(DomainError):
    """Somebody changed the row since the caller read it. Tells the `current_revision`."""

    status = 412
    code = "revision_conflict"

    def __init__(self, current_revision: int, detail: str = "") -> None:
        self.current_revision = current_revision
        super().__init__(
            detail or f"The entity has moved on to revision {current_revision}.",
            extra={"current_revision": current_revision},
        )


class TooLarge(DomainError):
    """More bytes or items than are taken."""

    status = 413
    code = "too_large"
    default_detail = "The content is too large."


class UnsupportedMedia(DomainError):
    """A content type or file format that is not read here."""

    status = 415
    code = "unsupported_media_type"
    default_detail = "This content type is not supported."


class IdempotencyMismatch(DomainError):
    """An Idempotency-Key came back with another body."""

    status = 422
    code = "idempotency_mismatch"
    default_detail = "This Idempotency-Key was used with another request."


class RateLimited(DomainError):
    """Too many requests; the same may be asked again after `retry_after` seconds."""

    status = 429
    code = "rate_limited"

    def __init__(self, retry_after: float, detail: str = "", *, code: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(detail or "Too many requests.", code=code)


class InfrastructureException(Exception):
    """Something underneath failed; base of the classes below.

    Args:
        message: for the log; a 500 never shows it to the caller.
        code: upper case, as in the log; `problem_code` is the form of the API.
        status_code: HTTP status.
        details: anything that helps to find the cause. Never secrets: it is logged.
    """

    def __init__(
        self,
        message: str,
        code: str = "INFRASTRUCTURE_ERROR",
        status_code: int = 500,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status_code = status_code
        self.details: dict[str, Any] = dict(details or {})

    @property
    def problem_code(self) -> str:
        """The code in lower case, as the API tells it."""
        return self.code.lower()

    @property
    def retry_after(self) -> float | None:
        """Seconds after which asking again makes sense; None where nobody knows."""
        return RETRY_AFTER_SECONDS if self.status_code == 503 else None


class DatabaseConnectionException(InfrastructureException):
    """PostgreSQL cannot be reached, or no connection came free in time."""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, "DB_CONNECTION_ERROR", 503, details)


class ExternalServiceException(InfrastructureException):
    """An outside service failed or answered with what cannot be used.

    Args:
        service: short name, as in logs and metrics (`openai`).
        endpoint: its address. Query string, fragment and user info are cut off: they carry secrets.
        status: the outside HTTP status, None where no answer came or an answer made no sense.
        retry_after: seconds the service asked us to wait.
    """

    def __init__(
        self,
        message: str,
        service: str,
        endpoint: str,
        details: Mapping[str, Any] | None = None,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, "EXTERNAL_SERVICE_ERROR", 502, details)
        self.service = service
        self.endpoint = bare_endpoint(endpoint)
        self.status = status
        self._retry_after = retry_after

    @property
    def retry_after(self) -> float | None:
        """Seconds the outside service asked for."""
        return self._retry_after


class DataConsistencyException(InfrastructureException):
    """Stored data contradict each other; `entity_id` says where."""

    def __init__(
        self, message: str, entity_id: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, "DATA_CONSISTENCY_ERROR", 409, details)
        self.entity_id = entity_id


class PerformanceException(InfrastructureException):
    """Given up because it took too long or too much; `metric` says which limit was hit."""

    def __init__(self, message: str, metric: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, "PERFORMANCE_ERROR", 503, details)
        self.metric = metric


class CircuitOpenException(InfrastructureException):
    """The circuit breaker of `service` refuses calls for `retry_after` more seconds."""

    def __init__(
        self, service: str, retry_after: float, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(
            f"{service} failed repeatedly; calls are refused for now.",
            "CIRCUIT_BREAKER_OPEN",
            503,
            details,
        )
        self.service = service
        self._retry_after = retry_after

    @property
    def retry_after(self) -> float:
        """Seconds until the circuit lets a call through again."""
        return self._retry_after


def bare_endpoint(url: str) -> str:
    """Return `url` without user info, query string and fragment, so that it may be logged.

    What cannot be read as an address is not repeated at all.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "invalid address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


problem_table: dict[str, tuple[int, str]] = {
    "bad_request": (400, "Bad request"),
    "validation_error": (400, "Invalid request"),
    "not_authenticated": (401, "Not signed in"),
    "authentication_failed": (401, "Sign-in failed"),
    "quota_exceeded": (402, "Quota exceeded"),
    "permission_denied": (403, "Not allowed"),
    "insufficient_scope": (403, "Insufficient scope"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "not_acceptable": (406, "Not acceptable"),
    "conflict": (409, "Conflict"),
    "duplicate": (409, "Already exists"),
    "in_use": (409, "In use"),
    "invalid_transition": (409, "Invalid transition"),
    "not_published": (409, "Not published"),
    "not_publishable": (409, "Not publishable"),
    "node_has_dependents": (409, "Node has dependents"),
    "archive_risk_high": (409, "Archiving is risky"),
    "recovery_expired": (409, "Recovery window passed"),
    "version_conflict": (409, "Version conflict"),
    "data_consistency_error": (409, "Inconsistent data"),
    "revision_conflict": (412, "Revision conflict"),
    "too_large": (413, "Content too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "idempotency_mismatch": (422, "Idempotency key reused"),
    "rate_limited": (429, "Too many requests"),
    "locked_out": (429, "Locked out"),
    "at_capacity": (429, "At capacity"),
    "infrastructure_error": (500, "Internal error"),
    "internal_error": (500, "Internal error"),
    "external_service_error": (502, "Outside service failed"),
    "db_connection_error": (503, "Database not reachable"),
    "circuit_breaker_open": (503, "Outside service paused"),
    "performance_error": (503, "Took too long"),
}
"""The API's code of a problem -> (HTTP status, title). Codes given by a `Conflict` and not listed
here take the error's own `status` and the title of `conflict`."""

HTTP_STATUS: dict[str, int] = {code: status for code, (status, _) in problem_table.items()}
