"""Which document of a collection a link means.

Relative Markdown links are resolved like URLs against the folder of the file. Tried in order: the
path itself, the path with `.md`, and for a folder its `index.md` or `README.md`. A link that climbs
above the root of the collection means nothing.

Wikilinks follow Foam: one that begins with `/` or `.` is a path, everything else is a name. A name
matches, ignoring case, the end of a path without its suffix (`todo`, `house/todo`), then a folder
with an index, then a title, then an alias. Where several match, the shortest path wins: fewest
folders, then fewest characters, then alphabetical order.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from knowledge_base.markdown.links import Link

MARKDOWN_SUFFIXES = (".md", ".markdown")
FOLDER_PAGES = ("index", "readme")


def is_markdown(path: str) -> bool:
    """Whether the name of a file says that it holds Markdown."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)


def without_suffix(path: str) -> str:
    """`path` without its Markdown suffix."""
    return posixpath.splitext(path)[0] if is_markdown(path) else path


class SourceIndex:
    """The paths, titles and aliases of a collection, made ready for look-ups.

    Args:
        paths: source paths (posix, relative to the root of the collection). titles: title of a
        path; paths without one may be missing. aliases: further names of a path. site_roots:
        folders which a site generator publishes as its root (mkdocs' `docs`); links that
            begin with `/` are tried at the root of the collection, then at these, where a page may
            be named by its published address (`/guide/page/`).
    """

    def __init__(
        self,
        paths: Iterable[str],
        titles: Mapping[str, str] | None = None,
        aliases: Mapping[str, Sequence[str]] | None = None,
        *,
        site_roots: Sequence[str] = (),
    ) -> None:
        ordered = sorted(paths, key=lambda path: (path.count("/"), len(path), path))
        self._paths = {path: path for path in ordered}
        self._roots = ("", *(root for root in site_roots if root))
        self._stems: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        for path in ordered:
            self._add_path(path)
        for path in ordered:
            self._add(self._titles, (titles or {}).get(path, ""), path)
            for alias in (aliases or {}).get(path, ()):
                self._add(self._aliases, alias, path)

    def resolve(self, link: Link, from_path: str) -> str | None:
        """The source path that `link`, written in the file `from_path`, means; None if dangling."""
        if link.kind == "markdown" or link.target.startswith(("/", ".")):
            return self._by_path(link.target, posixpath.dirname(from_path))
        return self._by_name(link.target)

    def _by_path(self, target: str, folder: str) -> str | None:
        if not target.startswith("/"):
            return self._at(posixpath.join(folder, target))
        found = (self._at(posixpath.join(root, target.lstrip("/"))) for root in self._roots)
        return next((path for path in found if path is not None), None)

    def _at(self, target: str) -> str | None:
        path = posixpath.normpath(target)
        if path == ".." or path.startswith("../"):
            return None
        if path == ".":
            path = ""
        return self._paths.get(path) or self._stems.get(path) or self._folders.get(f"/{path}")

    def _by_name(self, name: str) -> str | None:
        key = _fold(without_suffix(name.strip("/")))
        for names in (self._names, self._folders, self._titles, self._aliases):
            if (path := names.get(key)) is not None:
                return path
        return self._titles.get(_fold(name)) or self._aliases.get(_fold(name))

    def _add_path(self, path: str) -> None:
        stem = without_suffix(path)
        self._stems.setdefault(stem, path)
        self._add_ends(self._names, stem, path)
        folder, _, page = stem.rpartition("/")
        if page.lower() in FOLDER_PAGES:
            self._folders.setdefault(
                f"/{folder}", path
            )  # the exact folder; a name has no leading /
            if folder:
                self._add_ends(self._folders, folder, path)

    def _add_ends(self, names: dict[str, str], whole: str, path: str) -> None:
        parts = whole.split("/")
        for start in range(len(parts)):
            self._add(names, "/".join(parts[start:]), path)

    def _add(self, names: dict[str, str], name: str, path: str) -> None:
        if name:
            names.setdefault(_fold(name), path)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
