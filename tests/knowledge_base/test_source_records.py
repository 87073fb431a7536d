"""Files as records, records as files."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.files import SourceFile, read_source
from knowledge_base.sources.frontmatter import join
from knowledge_base.sources.navigation import Navigation
from knowledge_base.sources.paths import export_path
from knowledge_base.sources.record import SourceRecord, from_record, to_record
from knowledge_base.sources.titles import choose_title, readable_name


def source(text: str, path: str = "on-call/first_steps.md") -> SourceFile:
    return read_source(path, text.encode())


def test_everything_is_derived_where_nothing_is_stated() -> None:
    record = to_record(source("# Steps\n\nDo this first.\n"))

    assert record == SourceRecord(
        source_path="on-call/first_steps.md",
        title="Steps",
        content="# Steps\n\nDo this first.\n",
        summary="Do this first.",
        category="On Call",
    )


def test_front_matter_wins_and_unknown_keys_are_kept() -> None:
    record = to_record(
        source(
            "---\ntitle: T\ndescription: D\ncategory: C\nauthor: A\ntags: a, b, a\naliases: [x]\n"
            "keywords: [One, two, ONE]\ncontent_type: guideline\ncomplexity: simple\n"
            "audience: All\nsearchable: false\ncover: c.png\nn: {k: [1]}\n---\n# H\n"
        )
    )

    assert record == SourceRecord(
        source_path="on-call/first_steps.md",
        title="T",
        content="# H\n",
        summary="D",
        category="C",
        author="A",
        tags=("a", "b"),
        aliases=("x",),
        search_keywords=("one", "two"),
        content_type="guideline",
        complexity="simple",
        audience="All",
        searchable=False,
        metadata={"cover": "c.png", "n": {"k": [1]}},
    )


def test_null_means_none_given() -> None:
    header = "---\ntitle:\nsummary:\ncategory:\ntags:\nsearchable:\ncontent_type:\n---\n"

    record = to_record(source(f"{header}# H\n\nText"))

    assert (record.title, record.summary, record.category, record.tags) == ("H", "", "", ())
    assert (record.searchable, record.content_type) == (True, "procedure")


def test_navigation_gives_title_and_the_root_of_categories() -> None:
    navigation = Navigation({"docs/a/b.md": "Nav"}, ("docs",))

    assert to_record(source("# H", "docs/a/b.md"), navigation).title == "Nav"
    assert to_record(source("# H", "docs/a/b.md"), navigation).category == "A"
    assert to_record(source("# H", "docs/b.md"), navigation).category == ""
    assert to_record(source("# H", "b.md")).category == ""


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ({"title": "x" * 256}, "title"),
        ({"title": ["x"]}, "title"),
        ({"summary": "x" * 2001}, "summary"),
        ({"category": "x" * 101}, "category"),
        ({"author": "x" * 256}, "author"),
        ({"tags": ["x" * 51]}, "tags"),
        ({"tags": [str(number) for number in range(51)]}, "tags"),
        ({"tags": {"a": 1}}, "tags"),
        ({"tags": [["a"]]}, "tags"),
        ({"keywords": 5}, "keywords"),
        ({"content_type": "page"}, "content_type"),
        ({"complexity": "hard"}, "complexity"),
        ({"searchable": "maybe"}, "searchable"),
    ],
)
def test_known_fields_of_a_wrong_shape_are_refused(header: dict[str, Any], field: str) -> None:
    with pytest.raises(SourceError) as refused:
        to_record(source(join(header, "x")))

    assert (refused.value.path, refused.value.code) == ("on-call/first_steps.md", "invalid_field")
    assert f"field {field} must" in refused.value.message


def test_a_text_above_the_limit_is_refused_whatever_its_front_matter() -> None:
    header = {"title": "x" * 255}
    assert len(to_record(source(join(header, "x" * 1024 * 1024))).content) == 1024 * 1024

    with pytest.raises(SourceError) as refused:
        to_record(source(join(header, "x" * (1024 * 1024 + 1))))
    assert refused.value.code == "too_large"


def test_metadata_named_like_fields_and_texts_of_several_lines_survive() -> None:
    record = SourceRecord(
        source_path="a.md",
        title="A  title",
        content="x",
        summary="one\n\ntwo",
        audience="a\nb",
        author="A  B",
        tags=("two  blanks",),
        nodeloom_id="018f0000-0000-7000-8000-000000000000",
        metadata={"title": "other", "metadata": {"k": 1}, "tags": 5, "description": None},
    )

    assert to_record(source(from_record(record), "a.md")) == record


def test_an_identifier_of_another_tool_stays_metadata() -> None:
    record = to_record(source("---\nnodeloom_id: SOP-1\nmetadata: text\n---\nx"))

    assert record.nodeloom_id == ""
    assert record.metadata == {"nodeloom_id": "SOP-1", "metadata": "text"}


def test_limits_themselves_are_taken() -> None:
    header = {"title": "x" * 255, "summary": "x" * 2000, "tags": [f"{n:050}" for n in range(50)]}

    assert len(to_record(source(join(header, "x"))).tags) == 50


@pytest.mark.parametrize("text", ["", " \n", "---\ntitle: x\n---\n\n"])
def test_a_file_without_content_is_refused(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        to_record(source(text))

    assert refused.value.code == "blank_content"


@pytest.mark.parametrize(
    ("path", "navigation", "heading", "title"),
    [
        ("a/being_on-call.md", "", "", "Being On Call"),
        ("a/being_on-call.md", "", "x" * 300, "x" * 255),
        ("a/x.md", "Nav", "Head", "Nav"),
        ("on-call/README.md", "", "", "On Call"),
        ("index.md", "", "", "Index"),
        ("a/---.md", "", "", "---.md"),
    ],
)
def test_titles(path: str, navigation: str, heading: str, title: str) -> None:
    assert choose_title(path, navigation, heading) == title


def test_readable_names_keep_capitals() -> None:
    assert readable_name("setup_AWS-account") == "Setup AWS Account"


def test_exported_documents_without_a_path_get_unlike_names() -> None:
    assert export_path("Restart: the database!", []) == "restart-the-database.md"
    assert export_path("Restart", {"restart.md", "restart-1.md"}) == "restart-2.md"
    assert export_path("???", []) == "untitled.md"
    assert export_path("x" * 300, []) == "x" * 100 + ".md"


def test_only_what_would_not_be_derived_again_is_written() -> None:
    plain = to_record(source("# Steps\n\nDo this first.\n"))

    assert from_record(plain) == "---\ntitle: Steps\n---\n# Steps\n\nDo this first.\n"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
LINE = TEXT.map(lambda text: " ".join(text.split()))
ITEMS = st.lists(LINE.filter(bool), max_size=4, unique=True).map(tuple)
KEYWORDS = st.lists(
    st.text("abc é", min_size=1, max_size=9).map(lambda text: " ".join(text.split())).filter(bool),
    max_size=4, unique=True,
).map(tuple)  # fmt: skip
EXTRA = st.dictionaries(
    st.sampled_from(
        ["cover", "description", "keywords", "layout", "1", "yes", "title", "metadata"]
    ),
    TEXT | st.integers(-5, 5) | st.none() | st.booleans() | st.lists(TEXT, max_size=3),
    max_size=4,
)
RECORDS = st.builds(
    SourceRecord,
    source_path=st.sampled_from(["a.md", "on-call/b.md", "x/y/index.md"]),
    title=LINE.filter(bool),
    content=TEXT.filter(str.strip)
    | st.sampled_from(["---\na: 1\n---\nx", "# H\r\n\r\ntext", "\ufeffx"]),
    summary=LINE, category=LINE, author=LINE, audience=LINE,
    tags=ITEMS, aliases=ITEMS, search_keywords=KEYWORDS,
    content_type=st.sampled_from(["procedure", "guideline", "template", "reference"]),
    complexity=st.sampled_from(["", "simple", "moderate", "complex"]),
    searchable=st.booleans(), metadata=EXTRA,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_an_exported_record_is_imported_as_it_was(record: SourceRecord) -> None:
    exported = from_record(record)

    again = to_record(read_source(record.source_path, exported.encode()))

    assert again == record
    assert from_record(again) == exported
