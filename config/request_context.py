"""For whom the running code works: the request id, carried through logs, events and tasks.

Beside it the event that is being handled (its causation) and the execution that is running.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import structlog
import uuid_utils
from django.conf import settings
from django.http import HttpRequest

MAX_REQUEST_ID = 128
_VISIBLE_ASCII = re.compile(rf"[!-~]{{1,{MAX_REQUEST_ID}}}")

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_causation_id: ContextVar[UUID | None] = ContextVar("causation_id", default=None)
_execution_id: ContextVar[UUID | None] = ContextVar("execution_id", default=None)


def current_request_id() -> str | None:
    """Return the id of the request that caused the running code; None outside of any.

    A task runs under the id of the request that published it.
    """
    return _request_id.get()


def current_causation_id() -> UUID | None:
    """Return the event that caused the running code; None where no event is being handled."""
    return _causation_id.get()


def current_execution_id() -> UUID | None:
    """Return the execution in which the running code is a step; None outside of any."""
    return _execution_id.get()


@contextmanager
def caused_by(event_id: UUID | None) -> Iterator[None]:
    """Run the block as a consequence of an event: what is recorded in it names it as its cause."""
    token = _causation_id.set(event_id)
    try:
        yield
    finally:
        _causation_id.reset(token)


@contextmanager
def inside_execution(execution_id: UUID | None) -> Iterator[None]:
    """Run the block as part of an execution: what is recorded in it names the execution."""
    token = _execution_id.set(execution_id)
    try:
        yield
    finally:
        _execution_id.reset(token)


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
