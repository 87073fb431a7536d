"""Headings and the anchors by which a reader reaches them.

An anchor is the title in lower case, every run of spaces, underscores and hyphens one hyphen, and
every other character that is no letter or digit dropped (`What's new?` -> `whats-new`). Letters of
every script are kept (`Prüfung` -> `prüfung`): browsers and HTML 5 accept them, and
dropping them would leave a Japanese table of contents without meaning. An empty slug becomes
`section-<n>` by its place in the list, from 1. Repeated ones get `-1`, `-2` … in order of
appearance.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[\s_-]+")
_DROPPED = re.compile(r"[^\w\s-]")


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of the table of contents: `level` 1..6, the plain `title`, the unique `anchor`."""

    level: int
    title: str
    anchor: str


def slugify(title: str) -> str:
    """The anchor of a title that stands alone; empty when it has neither letter nor digit."""
    plain = _DROPPED.sub("", unicodedata.normalize("NFC", title).lower())
    return _SEPARATORS.sub("-", plain).strip("-")


def build_headings(titles: Iterable[tuple[int, str]]) -> tuple[Heading, ...]:
    """Give each `(level, title)` its anchor; anchors are unique within the result."""
    used: set[str] = set()
    repeats: dict[str, int] = {}
    headings = []
    for place, (level, title) in enumerate(titles, start=1):
        base = slugify(title) or f"section-{place}"
        anchor = base
        while anchor in used:  # a title may itself read like a numbered repetition ("Step 1")
            repeats[base] = repeats.get(base, 0) + 1
            anchor = f"{base}-{repeats[base]}"
        used.add(anchor)
        headings.append(Heading(level=level, title=title, anchor=anchor))
    return tuple(headings)
