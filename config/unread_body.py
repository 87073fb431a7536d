"""Reading to its end a body that was refused unread.

A server that answers and closes while the client is still sending makes the client fail with a
broken connection: it never sees why it was refused (RFC 9112, section 9.6).
"""

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

CHUNK_BYTES = 64 * 1024


def discard_unread_body(request: HttpRequest) -> None:
    """Read what is left of the body and forget it, up to twice the largest upload.

    A body announced as longer is left alone: its client is cut off.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or not 0 < int(announced) <= 2 * settings.MAX_UPLOAD_BYTES:
        return
    try:
        while request.read(CHUNK_BYTES):
            pass
    except UnreadablePostError:
        # The client has gone; there is nobody left to answer.
        return
