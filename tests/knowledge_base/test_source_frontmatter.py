"""Front matter: read, refused, written back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.sources.exceptions import SourceError
from knowledge_base.sources.frontmatter import join, split


def test_a_mapping_at_the_top_is_taken_off() -> None:
    text = (
        "---\ntitle: A\ntags: [x, yes]\ndate: 2024-01-05\nat: 12:30\nempty:\nn: 1.5\n---\n\nBody\n"
    )

    assert split(text) == (
        {"title": "A", "tags": ["x", "yes"], "date": "2024-01-05", "at": "12:30", "empty": None,
         "n": 1.5},
        "\nBody\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no front matter", ({}, "no front matter")),
        ("---\nnever closed", ({}, "---\nnever closed")),
        ("---\n---\nx", ({}, "x")),
        ("---  \r\na: 1\r\n---\r\nx\r\n", ({"a": 1}, "x\r\n")),
        ("---\na: 1\n...\nx", ({"a": 1}, "x")),
        ("---\na: 1\n---", ({"a": 1}, "")),
        ("---\n2: a\ntrue: b\nnull: c\n---\n", ({"2": "a", "true": "b", "null": "c"}, "")),
        ("---\na: 2024-13-45\nb: 2001-02-03 04:05:06\n---\n",
         ({"a": "2024-13-45", "b": "2001-02-03T04:05:06"}, "")),
    ],
)  # fmt: skip
def test_edges_of_the_form(text: str, expected: tuple[dict[str, Any], str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    "header",
    [
        "a: [1", "- list", "just text", "a: .nan", "a: .inf", "a: -.inf", "a: 1.0e+999",
        "a: &x 1\nb: *x", "a: " + "[" * 40, "a: " + "9" * 20, "a: " + "9" * 5000,
        "a: !!binary aGk=",
        "a: !!python/object/apply:os.system [id]", "a: !!set {x}", "a: !!bool maybe", "a: !!int ''",
        'a: "\\0"', 'a: "\\ud800"', "? [a]\n: b", "2024-01-01: !!timestamp {}", "x" * 70_000,
        "a: \x01", "!!binary aGk=: 1",
    ],
)  # fmt: skip
def test_malformed_front_matter_is_refused_by_name(header: str) -> None:
    with pytest.raises(SourceError) as refused:
        split(f"---\n{header}\n---\nx", "dir/file.md")

    assert (refused.value.path, refused.value.code) == ("dir/file.md", "invalid_front_matter")
    assert str(refused.value).startswith("dir/file.md: The front matter is ")


def test_an_error_tells_the_line_of_the_file() -> None:
    with pytest.raises(SourceError, match=r"\(line 3\)"):
        split("---\na: 1\nb: [}\n---\nx")


@pytest.mark.parametrize("metadata", [{"a": float("nan")}, {"a": b"x"}, {"a": "x" * 70_000}])
def test_metadata_that_could_not_be_read_back_is_not_written(metadata: dict[str, Any]) -> None:
    with pytest.raises(SourceError):
        join(metadata, "x")


def test_a_body_without_metadata_is_written_as_it_is() -> None:
    assert join({}, "plain") == "plain"
    assert join({}, "---\nrule") == "---\n---\n---\nrule"
    assert join({"title": "A"}, "x") == "---\ntitle: A\n---\nx"


TRICKY = [
    "yes",
    "1e5",
    "12:30",
    "2024-01-01",
    "~",
    "null",
    "<<",
    "=",
    "0x1f",
    "---",
    "a: b",
    "\n---\n",
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INTEGERS = st.integers(-(2**63) + 1, 2**63 - 1)
LEAVES = (
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT | st.sampled_from(TRICKY)
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(TEXT | st.sampled_from(TRICKY), JSON, max_size=5),
    TEXT | st.sampled_from(["---\n", "---\na: b\n---\nx", "---\r\n", "\ufeffx", "..."]),
)
def test_split_undoes_join(metadata: dict[str, Any], body: str) -> None:
    assert split(join(metadata, body)) == (metadata, body)
