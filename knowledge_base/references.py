"""What a reference in a text means: keys by which references and SOPs find each other.

An SOP answers to its keys, a reference asks for keys, the surest first. Both sides are stored, so
that a text's references are resolved with one query, and a new SOP finds the dangling references
that meant it with another.

    SOP docs/after/review.md, “After the incident”   p:docs/after/review
                                                     n:review  n:after/review  n:docs/after/review
                                                     n:after the incident  n:after-the-incident
    [x](../after/review.md) in docs/before/plan.md   p:docs/after/review
    [[Review]]                                       n:review
"""

import posixpath
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote
from uuid import UUID

from knowledge_base.markdown.headings import slugify
from knowledge_base.markdown.links import Link

_INDEX_NAMES = ("index", "readme")
_SUFFIXES = (".md", ".markdown", ".mdx")


def keys_of_sop(*, title: str, aliases: Iterable[str], source_path: str | None) -> list[str]:
    """Return the keys an SOP answers to.

    One that was written here and not imported stands at the root under the slug of its title.
    """
    path = _bare(source_path) if source_path else slugify(title)
    keys = [f"p:{path}", *(f"n:{suffix}" for suffix in _path_suffixes(path))]
    folder, _, stem = path.rpartition("/")
    if stem in _INDEX_NAMES:
        keys.append(f"p:{folder}")
    for name in (title, *aliases):
        keys += [f"n:{_folded(name)}", f"n:{slugify(name)}"]
    return [key for key in dict.fromkeys(keys) if len(key) > 2]


def keys_of_link(link: Link, *, source_path: str | None) -> list[str]:
    """Return the keys a reference asks for, the surest first; none if it leaves the collection."""
    target = unquote(link.target).strip()
    if link.kind == "markdown":
        path = _resolved(target, source_path)
        if path is None:
            return []
        # An address of a published site begins at its own root, somewhere inside the collection.
        return [f"p:{path}", f"n:{path}"] if target.startswith("/") else [f"p:{path}"]
    keys: list[str] = []
    if target.startswith((".", "/")):
        path = _resolved(target, source_path)
        keys = [] if path is None else [f"p:{path}"]
    bare = _bare(target.lstrip("./"))
    keys += [f"n:{bare}", f"n:{_folded(target)}", f"n:{slugify(target)}"]
    return [key for key in dict.fromkeys(keys) if len(key) > 2]


class Resolver:
    """Finds the SOP that a list of keys means among the SOPs it was given."""

    def __init__(self, rows: Iterable[tuple[UUID, str | None, list[str]]]) -> None:
        """Take (id, source path, keys) of each SOP; on a clash the shortest path wins."""
        self._by_key: dict[str, UUID] = {}
        for pk, _, keys in sorted(rows, key=lambda row: (len(row[1] or ""), str(row[1] or row[0]))):
            for key in keys:
                self._by_key.setdefault(key, pk)

    def resolve(self, keys: Iterable[str]) -> UUID | None:
        """Return the id of the SOP that the first matching key means, or None."""
        return next((self._by_key[key] for key in keys if key in self._by_key), None)


def _resolved(target: str, source_path: str | None) -> str | None:
    folder = posixpath.dirname(source_path or "")
    joined = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
    path = posixpath.normpath(joined)
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else _bare(path)


def _bare(path: str) -> str:
    folded = _folded(path).strip("/")
    for suffix in _SUFFIXES:
        folded = folded.removesuffix(suffix)
    return folded


def _path_suffixes(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[i:]) for i in range(len(parts) - 1, -1, -1))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
