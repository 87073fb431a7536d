"""Identifiers made by the server."""

import uuid

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> uuid.UUID:
    """Return a fresh UUIDv7 (RFC 9562): ordered by time, so that an index grows at its end."""
    return _uuid7()
