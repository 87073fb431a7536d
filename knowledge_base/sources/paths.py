"""Paths inside a collection: posix, relative, Unicode NFC, free of tricks."""

import re
import unicodedata
from collections.abc import Collection

from knowledge_base.markdown.headings import slugify
from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.limits import MAX_PATH_LENGTH

EXCLUDED_FOLDERS = frozenset({"node_modules", "__macosx", "__pycache__"})
_DRIVE = re.compile(r"[a-zA-Z]:")
_MAX_STEM_LENGTH = 100


def normalise_path(name: str) -> str:
    """The path as the knowledge base keeps it.

    Raises:
        SourceError: `unsafe_path` for a name that could leave the collection or that no file system
            writes back (absolute, drive letter, backslash, `..`, empty part, control character, too
            long).
    """
    shown = name.encode("unicode_escape").decode("ascii")[:MAX_PATH_LENGTH]
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        raise SourceError(shown, "unsafe_path", "The name holds a control character.")
    if "\\" in name or name.startswith("/") or _DRIVE.match(name):
        raise SourceError(
            shown, "unsafe_path", "The name must be relative, with / between folders."
        )
    path = unicodedata.normalize("NFC", name)
    if any(part in {"", ".", ".."} for part in path.split("/")):
        raise SourceError(shown, "unsafe_path", "The name must not hold empty parts, . or ..")
    if len(path) > MAX_PATH_LENGTH:
        raise SourceError(shown, "unsafe_path", f"The name exceeds {MAX_PATH_LENGTH} characters.")
    return path


def is_excluded(path: str) -> bool:
    """Whether a path is, or lies in, something hidden or generated (`.git`, `node_modules`)."""
    parts = path.lower().split("/")
    return any(part.startswith(".") or part in EXCLUDED_FOLDERS for part in parts)


def export_path(title: str, taken: Collection[str]) -> str:
    """A path for a document that never had one: the slug of its title, unlike all in `taken`.

    `taken` holds paths in the form of `fold_path`: some file systems ignore case.
    """
    stem = slugify(title)[:_MAX_STEM_LENGTH].strip("-") or "untitled"
    path, repetition = f"{stem}.md", 0
    while fold_path(path) in taken:
        repetition += 1
        path = f"{stem}-{repetition}.md"
    return path


def fold_path(path: str) -> str:
    """The form in which paths are compared where case does not count."""
    return path.casefold()
