"""Names of cached things: `nl:{organization}:{entity}:{id}:{revision}`.

The organisation is part of every name, so that a value can never be found from another one.
"""

import re
from uuid import UUID

PREFIX = "nl:"
TAG_PREFIX = "nodeloom:tag:"
LOCK_PREFIX = "nodeloom:lock:"

_PART = r"[^:*?\[\]\\\s]+"
_KEY = re.compile(
    rf"nl:([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}):({_PART}):{_PART}:{_PART}"
)


def key(
    organization_id: UUID | str | None,
    entity: str,
    id: object,  # noqa: A002 - the fourth word of the naming scheme
    revision: object = 0,
) -> str:
    """Return the cache key of one thing.

    Args:
        organization_id: whose it is; a UUID.
        entity: what it is (`sop`, `permissions`); also the name under which hits are counted.
        id: which one. revision: in which state; 0 for things without one.

    Raises:
        ValueError: no organisation, or a part that is empty or holds `:`, blanks or `*?[]\\`.
    """
    return checked(f"{PREFIX}{organization_id or ''}:{entity}:{id}:{revision}")


def checked(name: str) -> str:
    """Return `name` if it is a complete key; ValueError otherwise."""
    if not _KEY.fullmatch(name):
        raise ValueError(f"Not a cache key (nl:organization:entity:id:revision): {name!r}")
    return name


def is_key(name: str) -> bool:
    """Return whether `name` is one of our keys; Django's own live under `nl:` as well."""
    return _KEY.fullmatch(name) is not None


def pattern_name(name: str) -> str:
    """Return the entity of a key, under which its hits and misses are counted."""
    return name.split(":", 3)[2]
