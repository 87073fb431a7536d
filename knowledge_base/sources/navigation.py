"""What a site's `mkdocs.yml` says about the files: their titles and the published folder."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.yaml_reading import PlainLoader

CONFIGURATION_NAMES = ("mkdocs.yml", "mkdocs.yaml")
_MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Navigation:
    """`titles` by source path; `roots` are the folders that hold the pages (`docs`)."""

    titles: dict[str, str] = field(default_factory=dict)
    roots: tuple[str, ...] = ()

    def __or__(self, other: "Navigation") -> "Navigation":
        """Both together; of two titles the first is kept."""
        return Navigation(other.titles | self.titles, (*self.roots, *other.roots))


def is_configuration(path: str) -> bool:
    """Whether a file of the collection configures a site."""
    return posixpath.basename(path) in CONFIGURATION_NAMES


class _ConfigurationLoader(PlainLoader):
    """Lets anchors pass and reads tags of extensions (`!ENV`, `!!python/name:`) as nothing."""

    aliases_allowed = True


def _nothing(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> None:
    return None


_ConfigurationLoader.add_multi_constructor("!", _nothing)
_ConfigurationLoader.add_multi_constructor("tag:yaml.org,2002:python/", _nothing)


def read_navigation(path: str, text: str) -> Navigation:
    """The navigation of the configuration file `path` with the content `text`.

    Raises:
        SourceError: `invalid_navigation` when it is no YAML mapping or its navigation is endless.
    """
    try:
        loaded = yaml.load(text, Loader=_ConfigurationLoader)  # noqa: S506 - it is a SafeLoader
    except (yaml.YAMLError, ValueError, LookupError) as error:
        raise SourceError(path, "invalid_navigation", "The file is not valid YAML.") from error
    if not isinstance(loaded, dict):
        raise SourceError(
            path, "invalid_navigation", "The file is not a mapping of keys to values."
        )
    folder = loaded.get("docs_dir")
    root = posixpath.normpath(
        posixpath.join(posixpath.dirname(path), folder if isinstance(folder, str) else "docs")
    )
    if root == ".." or root.startswith(("../", "/")):
        return Navigation()
    titles: dict[str, str] = {}
    for title, page in _pages(path, loaded.get("nav")):
        titles.setdefault(posixpath.normpath(posixpath.join(root, page)), title)
    return Navigation(titles=titles, roots=() if root == "." else (root,))


def _pages(path: str, nav: Any) -> Iterator[tuple[str, str]]:
    """(title, page) of every entry `- Title: page.md`, depth first; bounded: aliases may loop."""
    waiting, seen = [nav], 0
    while waiting:
        entry = waiting.pop()
        seen += 1
        if seen + len(waiting) > _MAX_ENTRIES:
            raise SourceError(path, "invalid_navigation", "The navigation has too many entries.")
        if isinstance(entry, list):
            waiting.extend(reversed(entry))
        elif isinstance(entry, dict):
            for title, value in entry.items():
                if isinstance(title, str) and isinstance(value, str):
                    yield title, value
                else:
                    waiting.append(value)
