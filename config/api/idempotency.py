"""The same POST sent twice takes effect once (the Idempotency-Key header field, IETF draft).

The key is inserted in the transaction of the request itself. A second request with the same key
therefore waits inside its own insert until the first one has ended: if that was committed, its
answer is replayed; if it was rolled back (any 4xx or 5xx), nothing was kept and the second one is
carried out. Only answers below 400 are kept; a refused request has changed nothing and may simply
be sent again. Answers that stream are not kept either.

Keys belong to a user in an organisation and to one path. Callers outside of any organisation have
no place to keep them; for them the header is checked and otherwise ignored.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from config.api.database_errors import sqlstate
from config.api.parsers import refuse_announced_length
from config.exceptions import Conflict, IdempotencyMismatch, ValidationFailed
from config.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
WAIT_SECONDS = 10
MAX_PATH = 500
LOCK_NOT_AVAILABLE = "55P03"
_KEY = re.compile(r"[!-~]{1,255}")

# An expired key counts as absent: its row is taken over.
_CLAIM = """
INSERT INTO idempotency_keys AS kept
    (organization_id, user_id, method, path, key, fingerprint, headers, body, created_at)
VALUES (%s, %s, %s, %s, %s, %s, '{}', '', now())
ON CONFLICT (organization_id, user_id, key, method, path) DO UPDATE
    SET fingerprint = excluded.fingerprint, status = NULL, created_at = now()
    WHERE kept.created_at < now() - make_interval(hours => %s)
RETURNING id
"""


class Replay(Exception):
    """No error: it carries `response`, the first answer, past the handler."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry out a request, held until its transaction ends."""

    row_id: int

    def keep(self, response: HttpResponseBase) -> None:
        """Store the answer, so that the next request with this key receives it too."""
        row = IdempotencyKey.objects.filter(pk=self.row_id)
        if not isinstance(response, HttpResponse):
            row.delete()
            return
        headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        row.update(status=response.status_code, headers=headers, body=response.content)

    def drop(self) -> None:
        """Forget the request, which was refused after its transaction: it may be sent again."""
        IdempotencyKey.objects.filter(pk=self.row_id).delete()


def claim(request: Request) -> Claim | None:
    """Claim the request's Idempotency-Key; None where there is nothing to claim.

    Raises `Replay` with the first answer, `IdempotencyMismatch` where the key came with another
    request, `ValidationFailed` for a malformed key and `Conflict` where the first request is still
    at work after ten seconds.
    """
    key = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(key):
        message = "A key has 1 to 255 visible ASCII characters."
        raise ValidationFailed.of(HEADER, "invalid", message)
    user_id = getattr(request.auth, "user_id", None)
    organization_id = getattr(request.auth, "organization_id", None)
    if user_id is None or organization_id is None or not connection.in_atomic_block:
        return None
    scope = (organization_id, user_id, request.method or "", _short(request.path), key)
    fingerprint = _fingerprint(request)
    row_id = _insert(scope, fingerprint)
    if row_id is not None:
        return Claim(row_id)
    raise Replay(_answer(scope, fingerprint))


def purge_idempotency_keys(older_than_hours: int | None = None) -> int:
    """Delete keys older than `older_than_hours` (default: the setting); return how many."""
    hours = settings.IDEMPOTENCY_HOURS if older_than_hours is None else older_than_hours
    oldest = timezone.now() - timedelta(hours=hours)
    return IdempotencyKey.objects.filter(created_at__lt=oldest).delete()[0]


_Scope = tuple[UUID, UUID, str, str, str]


def _insert(scope: _Scope, fingerprint: bytes) -> int | None:
    """Return the row's id, None where the key is taken. Waits for a request that holds it."""
    values: list[Any] = [*scope, fingerprint, settings.IDEMPOTENCY_HOURS]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        try:
            cursor.execute(_CLAIM, values)
        except OperationalError as error:
            if sqlstate(error) != LOCK_NOT_AVAILABLE:
                raise
            message = "The first request with this key is still at work."
            raise Conflict(message, code="idempotency_in_progress") from error
        row = cursor.fetchone()
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    return row[0] if row else None


def _answer(scope: _Scope, fingerprint: bytes) -> HttpResponse:
    names = ("organization_id", "user_id", "method", "path", "key")
    kept = IdempotencyKey.objects.get(**dict(zip(names, scope, strict=True)))
    if bytes(kept.fingerprint) != fingerprint:
        raise IdempotencyMismatch()
    headers = {**kept.headers, REPLAYED: "true"}
    return HttpResponse(bytes(kept.body), status=kept.status or 200, headers=headers)


def _short(path: str) -> str:
    """Return `path`, or its hash where it is too long for an index."""
    return path if len(path) <= MAX_PATH else hashlib.sha256(path.encode()).hexdigest()


def _fingerprint(request: Request) -> bytes:
    """Return the hash of what was asked: query string, content type and body."""
    digest = hashlib.sha256()
    for part in _parts(request):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _parts(request: Request) -> Iterator[bytes]:
    yield request.META.get("QUERY_STRING", "").encode()
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    yield media_type.encode()
    if media_type != "multipart/form-data":
        refuse_announced_length(request.META, settings.MAX_BODY_BYTES)
        yield request._request.body
        return
    # The boundary between the parts is made anew for every attempt, so the parts are compared.
    for name, values in sorted(request._request.POST.lists()):
        yield from (name.encode(), *(str(value).encode() for value in values))
    for name, files in sorted(request._request.FILES.lists()):
        for file in files:
            yield from (name.encode(), (file.name or "").encode(), *file.chunks())
            file.seek(0)
