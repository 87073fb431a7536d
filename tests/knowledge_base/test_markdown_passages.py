"""Passages: sizes, borders, completeness."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.markdown.document import parse
from knowledge_base.markdown.passages import MAX_TOKENS, MIN_TOKENS, Chunk, estimate_tokens

PARAGRAPH = "word " * 100  # 130 tokens


def test_text_without_headings_has_no_anchor() -> None:
    assert parse("Hello *world*.").chunks == (Chunk(0, "", (), "", "Hello world.", 3),)


def test_an_empty_text_has_no_passages() -> None:
    assert parse(" \n").chunks == ()


def test_a_passage_names_its_heading_the_way_to_it_and_its_anchor() -> None:
    document = parse(f"# Top\n\n{PARAGRAPH}\n\n{PARAGRAPH}\n\n## Deep\n\n{PARAGRAPH}\n")

    chunks = document.chunks

    assert [(c.ordinal, c.heading, c.heading_path, c.anchor) for c in chunks] == [
        (0, "Top", ("Top",), "top"),
        (1, "Deep", ("Top", "Deep"), "deep"),
    ]
    assert chunks[1].text.startswith("Deep\n\nword word")


def test_short_sections_join_their_siblings_but_not_those_of_another_parent() -> None:
    document = parse(
        "# A\n\n## A1\n\nx\n\n## A2\n\ny\n\n# B\n\n## B1\n\nz\n\n### B11\n\nq\n\n## B2\n"
    )

    assert [(c.anchor, c.text.split()) for c in document.chunks] == [
        ("a", ["A", "A1", "x", "A2", "y", "B", "B1", "z", "B11", "q", "B2"])
    ]
    split = parse(f"# A\n\n{PARAGRAPH}\n\n## A1\n\n{PARAGRAPH}\n\n## A2\n\nx\n\n# B\n\nz\n").chunks
    assert [c.anchor for c in split] == ["a", "a2", "b"]


def test_a_long_section_is_cut_at_sentences() -> None:
    document = parse("# T\n\n" + "This is one sentence of eight words here. " * 200)

    chunks = document.chunks

    assert len(chunks) == 6
    assert all(MIN_TOKENS <= chunk.tokens <= MAX_TOKENS for chunk in chunks[:-1])
    assert all(chunk.text.endswith("here.") for chunk in chunks)
    assert {chunk.anchor for chunk in chunks} == {"t"}


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "A short sentence. " * 55_000,
        "x" * 1_000_000,
        "手順を確認する。" * 45_000,
    ],
    ids=["words", "sentences", "one word", "chinese"],
)
@pytest.mark.timeout(60)  # what grows with the square takes minutes
def test_a_single_line_of_a_megabyte_is_cut_in_linear_time(text: str) -> None:
    chunks = parse(text).chunks

    assert max(chunk.tokens for chunk in chunks) <= MAX_TOKENS
    assert "".join("".join(c.text for c in chunks).split()) == "".join(text.split())


def test_tokens_are_estimated_by_words_or_by_characters() -> None:
    assert [estimate_tokens(text) for text in ("", "one", "one two three", "x" * 80)] == [
        0,
        2,
        4,
        10,
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["# A", "## B", "### C", PARAGRAPH, "- i\n- j", "```\na\n\nb\n```", "s. " * 250]
        )
    )
)
def test_passages_hold_every_word_once_and_stay_small(parts: list[str]) -> None:
    document = parse("\n\n".join(parts))

    chunks = document.chunks

    assert " ".join(c.text for c in chunks).split() == document.plain_text.split()
    assert all(chunk.tokens <= MAX_TOKENS for chunk in chunks)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert parse("\n\n".join(parts)).chunks == chunks
