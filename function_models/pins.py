"""Versions of nested models as a run notes them when it begins."""

from uuid import UUID

from node_links.versions import Version

PUBLISHED = "published"
_MARK = "pin:"


def key_of(target: str, wanted: str) -> str:
    """Return what names a nested model in a wanted version, among the pins of a run."""
    number = wanted if wanted == PUBLISHED else str(Version.parse(wanted))
    return f"{target.lower()}@{number}"


def as_version(pin: str) -> str:
    """Return a pinned version as one asks for it: by its own id, not by its number."""
    return f"{_MARK}{pin}"


def pinned(version: str | None) -> UUID | None:
    """Return the id of the version that is asked for by a pin; None for any other wish."""
    if version is None or not version.startswith(_MARK):
        return None
    try:
        return UUID(version.removeprefix(_MARK))
    except ValueError:
        return None
