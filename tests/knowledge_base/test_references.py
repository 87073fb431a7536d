"""Which document a link means."""

from typing import Any
from uuid import UUID

import pytest

from knowledge_base.markdown.document import parse
from knowledge_base.markdown.links import Link
from knowledge_base.references import Resolver, keys_of_link, keys_of_sop

PATHS = [
    "index.md", "todo.md", "a/todo.md", "a/b/deep note.md", "b/README.md", "c/index.md", "c.md",
    "x/house/list.md", "y/house/list.md", "docs/guide/page.md", "docs/tour/index.md",
    "Größe.markdown", "100%.md",
]  # fmt: skip
TITLES = {"a/b/deep note.md": "The Deep Note", "c.md": "todo", "y/house/list.md": "Shopping"}
ALIASES = {"x/house/list.md": ["Shopping"], "index.md": ["deep note"]}


def meant(link: Link, origin: str, paths: list[str], **names: dict[str, Any]) -> str | None:
    """Return the path of the SOP that `link` in the file `origin` means."""
    ids = {path: UUID(int=number) for number, path in enumerate(paths)}
    rows = [
        (
            pk,
            keys_of_sop(
                title=names.get("titles", {}).get(path, ""),
                aliases=names.get("aliases", {}).get(path, ()),
                source_path=path,
            ),
        )
        for path, pk in ids.items()
    ]
    for order in (rows, rows[::-1]):  # whichever comes first
        found = Resolver(order).resolve(keys_of_link(link, source_path=origin))
    return next((path for path, pk in ids.items() if pk == found), None)


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
        ("/tour/", "x/y.md", "docs/tour/index.md"),
        ("100%.md", "index.md", "100%.md"),
        ("/", "x/y.md", "index.md"),
        ("c/index", "index.md", "c/index.md"),
        ("Größe", "index.md", "Größe.markdown"),
        ("Todo.md", "index.md", None),
        ("gone.md", "index.md", None),
        ("../index.md", "index.md", None),
        ("../../etc/passwd", "a/x.md", None),
        ("a", "index.md", None),
    ],
)
def test_relative_links(target: str, origin: str, path: str | None) -> None:
    assert meant(Link("markdown", target), origin, PATHS, titles=TITLES, aliases=ALIASES) == path


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
        ("shopping", "y/house/list.md"),  # a title comes before an alias
        ("deep note", "a/b/deep note.md"),  # the name of a file before an alias
        ("the-deep-note", "a/b/deep note.md"),
        ("größe", "Größe.markdown"),
        ("./todo", "a/todo.md"),
        ("/todo", "todo.md"),
        ("gone", None),
        ("z/todo", None),
    ],
)
def test_wikilinks(target: str, path: str | None) -> None:
    assert meant(Link("wikilink", target), "a/x.md", PATHS, titles=TITLES, aliases=ALIASES) == path


def test_a_title_that_ends_like_a_file_is_found() -> None:
    names: dict[str, dict[str, Any]] = {
        "titles": {"x.md": "README.md"},
        "aliases": {"y.md": ["notes.md"]},
    }

    assert meant(Link("wikilink", "readme.md"), "x.md", ["x.md", "y.md"], **names) == "x.md"
    assert meant(Link("wikilink", "notes.md"), "x.md", ["x.md", "y.md"], **names) == "y.md"


def test_an_sop_written_here_stands_at_the_root_under_its_title() -> None:
    keys = keys_of_sop(title="After the incident", aliases=(), source_path=None)
    resolver = Resolver([(UUID(int=1), keys)])

    for link in (
        Link("markdown", "after-the-incident.md"),
        Link("markdown", "after-the-incident"),
        Link("wikilink", "after the Incident"),
    ):
        assert resolver.resolve(keys_of_link(link, source_path=None)) == UUID(int=1)
    assert resolver.resolve(keys_of_link(Link("markdown", "x.md"), source_path=None)) is None


def test_a_decoded_target_is_not_decoded_again() -> None:
    link = parse("[x](100%2525.md)").links[0]

    assert keys_of_link(link, source_path=None) == ["p:100%25.md"]


def test_of_two_equal_paths_that_differ_in_case_each_is_found() -> None:
    for path in ("Todo.md", "todo.md"):
        assert meant(Link("markdown", path), "x.md", ["Todo.md", "todo.md"]) == path
