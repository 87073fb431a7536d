"""What a reference in a text means: keys by which references and SOPs find each other.

An SOP answers to its keys, a reference asks for keys, the surest first. Both sides are stored, so
that a text's references are resolved with one query, and a new SOP finds the dangling references
that meant it with another.

    SOP docs/after/README.md, “After the incident”   p:docs/after/README.md  p:docs/after/README
                                                     p:docs/after
                                                     n:readme  n:after/readme  n:docs/after/readme
                                                     f:after  f:docs/after
                                                     t:after the incident  t:after-the-incident
    [x](../after/) in docs/before/plan.md            p:docs/after
    [x](/after/) in a published site                 p:after  n:after  f:after
    [[After the incident]]                           n:…  f:…  t:after the incident  a:…

Paths (`p:`) are compared exactly, like URLs: the path itself, without its suffix, and for a page
named `index` or `README` its folder. Names ignore case and runs of blanks. They follow Foam: the
end of a path without its suffix (`n:`), the end of a folder with a page of its own (`f:`), a title
(`t:`), an alias (`a:`). A wikilink that begins with `/` or `.` is a path. Where several SOPs answer
to a key, the shortest path wins: fewest folders, fewest characters, then alphabetical order.
"""

import posixpath
import unicodedata
from collections.abc import Iterable, Iterator
from uuid import UUID

from knowledge_base.markdown.headings import slugify
from knowledge_base.markdown.links import Link
from knowledge_base.markdown.targets import FOLDER_PAGES, without_suffix

_NAMES = ("n", "f", "t", "a")
ROOT = "p:"


def keys_of_sop(*, title: str, aliases: Iterable[str], source_path: str | None) -> list[str]:
    """Return the keys an SOP answers to; the first is the one of its path.

    One that was written here and not imported stands at the root under the slug of its title.
    """
    path = _nfc(source_path or f"{slugify(title) or 'untitled'}.md")
    stem = without_suffix(path)
    folder, _, page = stem.rpartition("/")
    keys = [f"p:{path}", f"p:{stem}", *(f"n:{end}" for end in _ends(stem))]
    if page.lower() in FOLDER_PAGES:
        keys += [f"p:{folder}", *(f"f:{end}" for end in _ends(folder))]
    keys += _named("t", title)
    for alias in aliases:
        keys += _named("a", alias)
    return _clean(keys)


def keys_of_link(link: Link, *, source_path: str | None) -> list[str]:
    """Return the keys a reference asks for, the surest first; none if it leaves the collection."""
    target = _nfc(link.target)
    if link.kind == "markdown" or target.startswith(("/", ".")):
        path = _resolved(target, source_path)
        if path is None:
            return []
        if not target.startswith("/"):
            return [f"p:{path}"]
        # An address of a published site begins at its own root, somewhere inside the collection.
        name = _folded(without_suffix(path))
        return _clean([f"p:{path}", f"n:{name}", f"f:{name}"])
    bare, whole = _folded(without_suffix(target.strip("/"))), _folded(target)
    keys = [f"{kind}:{bare}" for kind in _NAMES]
    keys += [f"t:{whole}", f"a:{whole}", f"t:{slugify(target)}", f"a:{slugify(target)}"]
    return _clean(keys)


class Resolver:
    """Finds the SOP that a list of keys means among the SOPs it was given."""

    def __init__(self, rows: Iterable[tuple[UUID, list[str]]]) -> None:
        """Take (id, keys) of each SOP."""
        self._by_key: dict[str, UUID] = {}
        for pk, keys in sorted(rows, key=_precedence):
            for key in keys:
                self._by_key.setdefault(key, pk)

    def resolve(self, keys: Iterable[str]) -> UUID | None:
        """Return the id of the SOP that the first matching key means, or None."""
        return next((self._by_key[key] for key in keys if key in self._by_key), None)


def _precedence(row: tuple[UUID, list[str]]) -> tuple[int, int, str, UUID]:
    path = row[1][0] if row[1] else ""
    return path.count("/"), len(path), path, row[0]


def _resolved(target: str, source_path: str | None) -> str | None:
    folder = posixpath.dirname(_nfc(source_path or ""))
    joined = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
    path = posixpath.normpath(joined)
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path


def _ends(path: str) -> Iterator[str]:
    """Yield `c`, `b/c`, `a/b/c` of `a/b/c`, folded."""
    parts = _folded(path).split("/")
    return ("/".join(parts[start:]) for start in range(len(parts) - 1, -1, -1))


def _named(kind: str, name: str) -> list[str]:
    return [f"{kind}:{_folded(name)}", f"{kind}:{slugify(name)}"]


def _clean(keys: Iterable[str]) -> list[str]:
    """Each key once; of the empty ones only the root, which a page of the whole collection has."""
    return [key for key in dict.fromkeys(keys) if len(key) > len(ROOT) or key == ROOT]


def _folded(text: str) -> str:
    return " ".join(_nfc(text).casefold().split())


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
