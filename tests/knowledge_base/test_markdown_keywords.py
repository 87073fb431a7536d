"""Keywords of a text."""

import pytest

from knowledge_base.markdown.keywords import extract_keywords

TEXT = (
    "The incident commander leads the incident call. The incident commander decides when a major "
    "incident is over. Database failover needs the approval of the incident commander. "
) * 3


def test_keywords_are_lower_case_unique_short_and_the_same_each_time() -> None:
    keywords = extract_keywords(TEXT)

    assert "incident commander" in keywords[:3]
    assert keywords == [word.lower() for word in dict.fromkeys(keywords)]
    assert len(keywords) <= 10
    assert max(map(len, keywords)) <= 50
    assert extract_keywords(TEXT) == keywords


def test_the_limit_is_kept() -> None:
    assert extract_keywords(TEXT, limit=2) == extract_keywords(TEXT)[:2]
    assert extract_keywords(TEXT, limit=0) == []


@pytest.mark.parametrize("text", ["", "  \n", "12 34", "!!!", "x" * 1_000_000])
def test_text_without_words_has_no_keywords(text: str) -> None:
    assert extract_keywords(text) == []


def test_a_megabyte_is_read_at_its_beginning_only() -> None:
    megabyte = TEXT * 2500

    found = extract_keywords(megabyte)

    assert "incident commander" in found
    assert extract_keywords(f"{megabyte} {'Quarterly harvest festival. ' * 2500}") == found
