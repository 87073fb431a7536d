"""Real collections of procedures, against counts made without this code.

The expected counts leave out what a line-by-line count cannot see; the tests name each such file.
"""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from knowledge_base.markdown.document import Document, parse
from knowledge_base.references import Resolver, keys_of_link, keys_of_sop
from knowledge_base.sources.collection import Collection
from knowledge_base.sources.files import read_source
from knowledge_base.sources.folder import read_folder
from knowledge_base.sources.frontmatter import split
from knowledge_base.sources.record import from_record, to_record

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "kb"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the collections are not here")

UP = "../.."
PICTURES = f"{UP}/assets/images"
PUBLISHING = f"{UP}/user/publishing/publishing.md"
DIAGRAM = "diagram-drawio-demo.drawio.svg"
COLLECTIONS = ["foam-vault", "pagerduty-incident-response"]
REFERENCE_STYLE = {"docs/before/different_roles.md": 2}
"""Links written as `[text][name]`, which the expected counts don't see."""


def load(name: str) -> tuple[Collection, dict[str, Any], dict[str, Document]]:
    found = read_folder(DATA / name)
    expected = json.loads((DATA / name / "expected.json").read_text())
    return found, expected, {file.path: parse(split(file.text)[1]) for file in found}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_files_headings_and_links_are_those_counted_independently(name: str) -> None:
    found, expected, documents = load(name)

    assert len(found) == expected["markdown_files"]
    for path, counts in expected["per_file"].items():
        links = documents[path].links
        relative = sum(1 for link in links if link.kind == "markdown")
        assert len(documents[path].headings) == counts.get("headings", 0), path
        assert relative - REFERENCE_STYLE.get(path, 0) == counts.get("links_relative", 0), path
        assert len(links) - relative == counts.get("wikilinks", 0), path


@pytest.mark.parametrize(
    ("name", "dangling"),
    [
        (
            "foam-vault",
            [
                ("dev/contribution-guide.md", "../../CONTRIBUTING.md"),
                ("dev/design/static-site-publishing-research.md", PUBLISHING),
                ("index.md", "LICENSE.txt"),
                ("principles.md", "LICENSE.txt"),
                ("user/index.md", "publishing"),
                # a picture that lies there, and is no document
                ("user/recipes/diagrams-in-markdown.md", f"{PICTURES}/{DIAGRAM}"),
                ("user/recipes/migrating-from-onenote.md", f"{PICTURES}/migrating-one-note.png"),
                ("user/tools/cli/search.md", "cli-grep"),
            ],
        ),
        (
            "pagerduty-incident-response",
            [],  # its two addresses of the published site begin inside `docs`
        ),
    ],
)  # fmt: skip
def test_links_that_lead_nowhere_are_found(name: str, dangling: list[tuple[str, str]]) -> None:
    found, _, documents = load(name)
    ids = {file.path: uuid4() for file in found}
    resolver = Resolver(
        (
            ids[file.path],
            keys_of_sop(
                title=to_record(file, found.navigation).title,
                aliases=to_record(file, found.navigation).aliases,
                source_path=file.path,
            ),
        )
        for file in found
    )

    assert [
        (file.path, link.target)
        for file in found
        for link in documents[file.path].links
        if resolver.resolve(keys_of_link(link, source_path=file.path)) is None
    ] == dangling


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_real_collection_survives_export_and_import(name: str) -> None:
    found = read_folder(DATA / name)

    for file in found:
        record = to_record(file, found.navigation)
        assert to_record(read_source(file.path, from_record(record).encode())) == record


def test_pages_without_a_heading_take_their_title_from_the_navigation() -> None:
    found = read_folder(DATA / "pagerduty-incident-response")

    titles = {file.path: to_record(file, found.navigation).title for file in found}

    assert titles["docs/oncall/being_oncall.md"] == "Being On-Call"
    assert titles["docs/training/courses/incident_response.md"] == "Incident Response Training"
