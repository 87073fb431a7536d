"""Pictures as answers: with a tag, and under a policy that lets their own style sheet through."""

import hashlib

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request

from node_links.pictures.picture import Picture

MEDIA_TYPE = "image/svg+xml"
RESPONSES = {(200, MEDIA_TYPE): OpenApiTypes.STR}
"""The answer of a picture in the description of the API."""

IF_HELD = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER,
    description="Answer 304 where this picture is held.",
)  # fmt: skip
DRAWN_VERSION = OpenApiParameter(
    "version", str,
    description="A published number, `published`, or `draft` for the working copy, which is drawn "
    "when nothing is said.",
)  # fmt: skip


def svg_response(request: Request, picture: Picture) -> HttpResponse:
    """Return the picture, or 304 where the caller holds the same one."""
    content = picture.svg.encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    held = [
        known.removeprefix("W/") for known in parse_etags(request.headers.get("If-None-Match", ""))
    ]
    if tag in held or "*" in held:
        response = HttpResponse(status=status.HTTP_304_NOT_MODIFIED)
    else:
        response = HttpResponse(content, content_type=MEDIA_TYPE)
        response["Content-Security-Policy"] = picture.policy
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie", "X-Organization"])
    return response
