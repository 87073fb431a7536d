"""Which failures may pass by themselves: the table behind retry and circuit breaker."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from config.exceptions import DatabaseConnectionException, ExternalServiceException

PASSING_CLIENT_STATUS = frozenset({408, 425, 429})
"""Request Timeout, Too Early (RFC 8470), Too Many Requests (RFC 6585): no caller's fault."""


def is_transient(error: BaseException) -> bool:
    """Return whether the same call may succeed a little later.

    | error                                            | transient |
    |--------------------------------------------------|-----------|
    | DatabaseConnectionException                      | yes       |
    | ExternalServiceException, outside 4xx            | only 408, 425, 429 |
    | ExternalServiceException otherwise               | yes       |
    | ConnectionError (reset, refused), TimeoutError   | yes       |
    | everything else, also CircuitOpenException       | no        |
    """
    if isinstance(error, ExternalServiceException):
        rejected = error.status is not None and 400 <= error.status < 500
        return not rejected or error.status in PASSING_CLIENT_STATUS
    return isinstance(error, (DatabaseConnectionException, ConnectionError, TimeoutError))


def retry_after_seconds(value: str | None) -> float | None:
    """Read a `Retry-After` header (RFC 9110, section 10.2.3): seconds or an HTTP date.

    Returns seconds from now, never negative; None where the header is missing or unreadable.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
