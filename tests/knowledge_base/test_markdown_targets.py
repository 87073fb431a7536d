"""Which document a link means."""

import pytest

from knowledge_base.markdown.links import Link
from knowledge_base.markdown.targets import SourceIndex

INDEX = SourceIndex(
    [
        "index.md", "todo.md", "a/todo.md", "a/b/deep note.md", "b/README.md", "c/index.md", "c.md",
        "x/house/list.md", "y/house/list.md", "docs/guide/page.md", "Größe.markdown",
    ],
    titles={"a/b/deep note.md": "The Deep Note", "c.md": "todo"},
    aliases={"x/house/list.md": ["Shopping"]},
    site_roots=["docs"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("target", "origin", "path"),
    [
        ("todo.md", "index.md", "todo.md"),
        ("todo.md", "a/x.md", "a/todo.md"),
        ("todo", "a/x.md", "a/todo.md"),
        ("../todo.md", "a/x.md", "todo.md"),
        ("./b/deep note.md", "a/x.md", "a/b/deep note.md"),
        ("b/", "index.md", "b/README.md"),
        ("c/", "index.md", "c.md"),
        ("..", "a/x.md", "index.md"),
        ("/a/todo.md", "x/y.md", "a/todo.md"),
        ("/guide/page/", "x/y.md", "docs/guide/page.md"),
        ("Größe", "index.md", "Größe.markdown"),
        ("Todo.md", "index.md", None),
        ("gone.md", "index.md", None),
        ("../index.md", "index.md", None),
        ("../../etc/passwd", "a/x.md", None),
        ("a", "index.md", None),
    ],
)
def test_relative_links(target: str, origin: str, path: str | None) -> None:
    assert INDEX.resolve(Link("markdown", target), origin) == path


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("todo", "todo.md"),
        ("TODO", "todo.md"),
        ("todo.md", "todo.md"),
        ("a/todo", "a/todo.md"),
        ("house/list", "x/house/list.md"),
        ("list", "x/house/list.md"),
        ("b", "b/README.md"),
        ("c", "c.md"),
        ("the deep note", "a/b/deep note.md"),
        ("deep  note", "a/b/deep note.md"),
        ("shopping", "x/house/list.md"),
        ("größe", "Größe.markdown"),
        ("./todo", "a/todo.md"),
        ("/todo", "todo.md"),
        ("gone", None),
        ("z/todo", None),
    ],
)
def test_wikilinks(target: str, path: str | None) -> None:
    assert INDEX.resolve(Link("wikilink", target), "a/x.md") == path


def test_a_title_that_ends_like_a_file_is_found() -> None:
    index = SourceIndex(["x.md", "y.md"], {"x.md": "README.md"}, {"y.md": ["notes.md"]})

    assert index.resolve(Link("wikilink", "readme.md"), "x.md") == "x.md"
    assert index.resolve(Link("wikilink", "notes.md"), "x.md") == "y.md"
