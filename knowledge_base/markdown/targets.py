"""Names of Markdown files."""

import posixpath

MARKDOWN_SUFFIXES = (".md", ".markdown")
FOLDER_PAGES = ("index", "readme")
"""Pages that stand for their folder, in lower case."""


def is_markdown(path: str) -> bool:
    """Whether the name of a file says that it holds Markdown."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)


def without_suffix(path: str) -> str:
    """`path` without its Markdown suffix."""
    return posixpath.splitext(path)[0] if is_markdown(path) else path
