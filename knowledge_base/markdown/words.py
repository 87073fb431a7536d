"""Words of plain text, and texts cut to a length."""

import re

_WORD = re.compile(r"(?<!\S)(?:[^\w\s]|_)*[^\W_]")
_SENTENCE = re.compile(r"[.!?…。！？](?=\s|$)")
_LEAST_SENTENCE_SHARE = 0.5


def count_words(text: str) -> int:
    """Runs between white space that hold a letter or a digit: `a = 1` has two words."""
    return len(_WORD.findall(text))


def cut_text(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, ended at a sentence that keeps half, else at a word."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    ends = [match.end() for match in _SENTENCE.finditer(head)]
    if ends and ends[-1] >= limit * _LEAST_SENTENCE_SHARE:
        return head[: ends[-1]]
    words, space, _ = text[:limit].rpartition(" ")
    return f"{words.rstrip()}…" if space else f"{head[:-1]}…"
