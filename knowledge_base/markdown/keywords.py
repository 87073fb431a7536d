"""Keywords of a text by YAKE (Campos et al. 2020, Information Sciences 509), offline."""

from functools import cache

from yake_rust import Yake

MAX_CHARACTERS = 20_000
"""Only the beginning is read: YAKE's time grows faster than the text, its answer hardly changes."""

MAX_KEYWORD_LENGTH = 50
_MAX_WORDS = 2


def extract_keywords(text: str, limit: int = 10) -> list[str]:
    """The `limit` most telling words and pairs of words of English `text`, best first.

    Lower-case, unique, each at most 50 characters. The same text always gives the same list.
    """
    if limit < 1 or not text.strip():
        return []
    scored = _extractor().get_n_best(_head(text), n=limit * 2)
    ranked = sorted(scored, key=lambda pair: (pair[1], pair[0]))
    keywords = (" ".join(keyword.lower().split()) for keyword, _ in ranked)
    unique = dict.fromkeys(word for word in keywords if 0 < len(word) <= MAX_KEYWORD_LENGTH)
    return list(unique)[:limit]


@cache
def _extractor() -> Yake:
    """Return the one extractor: it keeps nothing of a text, and lets other threads work."""
    return Yake(language="en", ngrams=_MAX_WORDS)


def _head(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:MAX_CHARACTERS].rpartition(" ")[0] or text[:MAX_CHARACTERS]
