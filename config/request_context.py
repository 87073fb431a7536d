"""For whom the running code works: the request id, carried through logs, events and tasks."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
import uuid_utils
from django.conf import settings
from django.http import HttpRequest

MAX_REQUEST_ID = 128
_VISIBLE_ASCII = re.compile(rf"[!-~]{{1,{MAX_REQUEST_ID}}}")

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """Return the id of the request that caused the running code; None outside of any.

    A task runs under the id of the request that published it.
    """
    return _request_id.get()


def accept_request_id(given: str | None) -> str:
    """Return `given` where it is 1 to 128 visible ASCII characters, else a fresh UUIDv7 in hex.

    The value goes into logs and response headers, so blanks and control characters are refused.
    """
    if given is not None and _VISIBLE_ASCII.fullmatch(given):
        return given
    return str(uuid_utils.uuid7().hex)


@contextmanager
def request_context(request_id: str, **fields: Any) -> Iterator[None]:
    """Run the block under `request_id`, which every log line in it carries, with `fields`.

    What the block binds to the log context besides (organisation, user) ends with it too, and the
    context around it comes back: a task that runs inside a request leaves that request's own.
    """
    outer = structlog.contextvars.get_contextvars()
    token = _request_id.set(request_id)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, **fields)
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**outer)
        _request_id.reset(token)


def client_address(request: HttpRequest) -> str:
    """Return the caller's IP address.

    Behind a proxy (NODELOOM_BEHIND_PROXY) it is the last entry of X-Forwarded-For: the one that
    the proxy itself wrote. Anything before it is the caller's own claim.
    """
    meta: Mapping[str, Any] = request.META
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(meta.get("REMOTE_ADDR", ""))
