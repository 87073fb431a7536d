"""What a parsed Markdown text tells: contents, words, summary, links."""

import pytest

from knowledge_base.markdown.document import parse
from knowledge_base.markdown.headings import Heading, slugify
from knowledge_base.markdown.links import Link


def test_headings_of_all_levels_are_listed_with_anchors() -> None:
    document = parse("# One\n\n## Two *words*\n\n###### Six\n\n    # code\n\n```\n# fenced\n```\n")

    assert document.headings == (
        Heading(1, "One", "one"),
        Heading(2, "Two words", "two-words"),
        Heading(6, "Six", "six"),
    )


def test_underlined_headings_are_not_listed_but_can_name_the_document() -> None:
    document = parse("Title\n=====\n\ntext")

    assert document.headings == ()
    assert document.first_title == "Title"


def test_repeated_and_empty_titles_get_unique_anchors() -> None:
    document = parse("# A\n# A\n# A-1\n# A\n# !!!\n#\n# 手順\n")

    assert [heading.anchor for heading in document.headings] == [
        "a", "a-1", "a-1-1", "a-2", "section-5", "section-6", "手順",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("What's new?", "whats-new"),
        (
            "Gaining Consensus (Polling During a Decision)",
            "gaining-consensus-polling-during-a-decision",
        ),
        ("snake_case -- and  spaces", "snake-case-and-spaces"),
        ("Prüfung ÄÖ", "prüfung-äö"),
        ("***", ""),
    ],
)
def test_slug(title: str, slug: str) -> None:
    assert slugify(title) == slug


@pytest.mark.parametrize(("words", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (400, 2)])
def test_read_time_is_words_by_two_hundred_rounded_up(words: int, minutes: int) -> None:
    document = parse("word " * words)

    assert (document.words, document.read_time) == (words, minutes)


def test_words_count_code_and_tables_but_no_markup_images_or_comments() -> None:
    document = parse(
        "# One\n\ntwo `three` ![alt](i.png) <b>four</b> <!-- no -->\n\n```\nfive = 6\n```\n\n"
        "| seven |\n|---|\n| eight |\n\n<p title='no'>nine</p>\n\n<script>no()</script>\n"
    )

    assert document.plain_text.split() == [
        "One", "two", "three", "four", "five", "=", "6", "seven", "eight", "nine",
    ]  # fmt: skip
    assert document.words == 9


def test_front_matter_attribute_lists_and_admonition_marks_leave_no_junk() -> None:
    document = parse(
        '---\ncover: x.png\n---\nSee [it](https://x.org){:target="_blank" } now.\n\n'
        '!!!tip "Don\'t panic"\n    Keep [calm](calm.md).\n\n## Next {: .big #n }\n'
    )

    assert document.plain_text == "See it now.\n\nDon't panic\n\nKeep calm.\n\nNext"
    assert document.headings == (Heading(2, "Next", "next"),)


def test_braces_that_are_no_attribute_list_stay() -> None:
    assert parse("a {: not a list } {x}").plain_text == "a {: not a list } {x}"


def test_inline_scripts_and_breaks_are_not_text() -> None:
    assert parse("a<br>b<script>no</script> c\\\nd").plain_text == "a b c\nd"


def test_footnotes_are_text_without_their_marks() -> None:
    assert parse("Fact.[^1]\n\n[^1]: Source").plain_text == "Fact.\n\nSource"


def test_first_paragraph_prefers_text_outside_lists_and_notes() -> None:
    text = "# T\n\n![only](image.png)\n\n- item\n\n> quote\n\nThe *first*\nparagraph.\n\nSecond."

    assert parse(text).first_paragraph == "The first paragraph."
    assert parse("# T\n\n- only item").first_paragraph == "only item"
    assert parse("# T").first_paragraph == ""


@pytest.mark.parametrize(
    ("text", "length", "end"),
    [
        ("A sentence here. " * 200, 1988, "here."),
        ("word " * 1000, 2000, "word…"),
        ("x" * 3000, 2000, "x…"),
    ],
)
def test_a_long_first_paragraph_is_cut_at_a_boundary(text: str, length: int, end: str) -> None:
    summary = parse(text).first_paragraph

    assert len(summary) == length
    assert summary.endswith(end)


def test_links_are_found_with_target_fragment_label_and_kind() -> None:
    document = parse(
        "[a](../x%20y.md?q=1#Sec) [r][ref] [[note#Part|seen]] ![[shot]] [[plain]] [[a\\|b]]\n\n"
        "[ref]: other.md\n[plain]: plain.md\n"
    )

    assert document.links == (
        Link("markdown", "../x y.md", "Sec", "a"),
        Link("markdown", "other.md", "", "r"),
        Link("wikilink", "note", "Part", "seen"),
        Link("embed", "shot", "", "shot"),
        Link("wikilink", "plain", "", "plain"),
        Link("wikilink", "a", "", "b"),
    )


def test_links_in_code_comments_and_images_do_not_count() -> None:
    document = parse(
        "`[a](a.md)` `[[b]]` ![i](i.png) <!-- [c](c.md) -->\n\n```\n[[d]]\n```\n\n    [e](e.md)\n"
    )

    assert document.links == ()


def test_links_that_leave_the_collection_are_counted_apart() -> None:
    document = parse(
        "[a](https://x.org) <mailto:a@x.org> [b](//x.org) [c](#here) [d]() [[#here]] [[1]](http://y)"
    )

    assert document.links == ()
    assert (document.external_links, document.fragment_links) == (4, 3)


@pytest.mark.parametrize(
    "text", ["[[]]", "[[ ]]", "[[a", "[[a]b]]", "[[a\nb]]", "[[" + "x" * 600 + "]]"]
)
def test_what_only_looks_like_a_wikilink_stays_text(text: str) -> None:
    document = parse(text)

    assert document.links == ()
    assert document.plain_text.split() == text.split()
