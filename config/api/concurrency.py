"""Optimistic locking by entity tags (RFC 9110, sections 8.8.3 and 13.1): ETag is the revision.

A tag is the revision in quotes: `"7"`. If-Match compares strongly, so a weak tag never matches;
If-None-Match compares weakly.
"""

import re
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from rest_framework import status as http
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from config.exceptions import RevisionConflict, ValidationFailed

_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
_TAG_LIST = re.compile(rf"{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")
ANY = "*"
# Revisions count from 1, so this one stands for a tag that can name none of ours.
NEVER = 0


def etag(revision: int) -> str:
    """Return the entity tag of `revision`."""
    return f'"{revision}"'


def expected_revision(request: Request | HttpRequest) -> int | None:
    """Return the revision that If-Match asks for, None where any will do (absent, or `*`).

    Of several tags the highest counts: revisions only rise, so it alone can be the present one.
    Tags that are weak or no number of ours yield 0, which never matches. Raises `ValidationFailed`
    for a malformed header.
    """
    tags = _tags(request.headers.get("If-Match"))
    if tags is None:
        return None
    return max((_revision(tag) for weak, tag in tags if not weak), default=NEVER)


def require_revision(request: Request | HttpRequest, current: int) -> int | None:
    """Compare If-Match with the `current` revision and return what a service has to expect.

    That is `current` where the header was given (the service compares it again, atomically), else
    None. Raises `RevisionConflict`, which tells the current revision.
    """
    tags = _tags(request.headers.get("If-Match"))
    if tags is None:
        return None
    if (False, str(current)) not in tags:
        raise RevisionConflict(current)
    return current


def is_known(request: Request | HttpRequest, current: int) -> bool:
    """Return whether the caller holds revision `current` already, by If-None-Match.

    A malformed header counts as absent: the answer is then merely complete.
    """
    header = request.headers.get("If-None-Match")
    if header is None:
        return False
    if header.strip() == ANY:
        return True
    return any(tag == str(current) for _, tag in _TAG.findall(header))


def _tags(header: str | None) -> list[tuple[bool, str]] | None:
    """Return (is weak, value) of each tag; None for no condition."""
    if header is None or header.strip() == ANY:
        return None
    if not _TAG_LIST.fullmatch(header.strip()):
        message = 'If-Match must hold entity tags such as "7".'
        raise ValidationFailed.of("If-Match", "invalid", message)
    return [(bool(weak), value) for weak, value in _TAG.findall(header)]


def _revision(tag: str) -> int:
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 19 else NEVER


if TYPE_CHECKING:
    _Base = GenericViewSet[Any]
else:
    _Base = object


class RevisionMixin(_Base):
    """For viewsets of entities with a `revision`.

    `get_object()` in a writing request compares If-Match after existence and permission and before
    anything else, and leaves in `self.expected_revision` what a service has to expect. Answers that
    hold one entity are made with `entity_response()`, which adds the ETag.
    """

    expected_revision: int | None = None
    revision_field = "revision"

    def get_object(self) -> Any:
        """Return the entity of the address; raises `RevisionConflict` for a stale If-Match."""
        entity = super().get_object()
        if self.request.method not in SAFE_METHODS:
            self.expected_revision = require_revision(self.request, self.revision_of(entity))
        return entity

    def revision_of(self, entity: Any) -> int:
        """Return the revision of `entity`."""
        return int(getattr(entity, self.revision_field))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one entity; 304 without a body where If-None-Match names its revision."""
        entity = self.get_object()
        if is_known(request, self.revision_of(entity)):
            return Response(status=http.HTTP_304_NOT_MODIFIED, headers=self.tag_of(entity))
        return self.entity_response(entity)

    def entity_response(self, entity: Any, status: int = http.HTTP_200_OK) -> Response:
        """Return the answer that holds `entity`, with its ETag."""
        data = self.get_serializer(entity).data
        return Response(data, status=status, headers=self.tag_of(entity))

    def tag_of(self, entity: Any) -> dict[str, str]:
        """Return the ETag header of `entity`."""
        return {"ETag": etag(self.revision_of(entity))}
