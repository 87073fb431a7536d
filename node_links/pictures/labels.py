"""Text in pictures: made safe for XML, measured without a font, wrapped and shortened."""

import re
import unicodedata

# XML 1.0, section 2.2: what a document may hold at all.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Marks that turn the direction of writing would turn what stands beside the name as well.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_SPACE = re.compile(r"\s+")
_NARROW = frozenset("iljtfrI.,:;'`|!()[]{} -")
_WIDE = frozenset("mwMW@%&")
_ELLIPSIS = "…"


def clean(text: str) -> str:
    """Return `text` on one line, without what XML forbids and what turns the writing direction."""
    allowed = _TURNING.sub("", _NOT_XML.sub("\ufffd", text))
    return _SPACE.sub(" ", allowed).strip()


def text_width(text: str, size: float) -> float:
    """Return about how wide `text` is, in pixels, in a sans-serif face of `size` pixels.

    Nobody knows the reader's font here, so widths are those of a wide common one.
    """
    return sum(map(_width, text)) * size


def _width(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.97
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.72 if character.isupper() else 0.61


def wrap(text: str, *, width: float, size: float, lines: int) -> list[str]:
    """Return `text` in at most `lines` lines of `width` pixels; what is left out shows as `…`."""
    wrapped: list[str] = []
    rest = text
    while rest and len(wrapped) < lines:
        last = len(wrapped) == lines - 1
        line, rest = (shorten(rest, width, size), "") if last else _take(rest, width, size)
        wrapped.append(line)
    return wrapped or [""]


def shorten(text: str, width: float, size: float) -> str:
    """Return `text`, or as much of its beginning as fits `width` pixels together with `…`."""
    if text_width(text, size) <= width:
        return text
    fits = _fitting(text, width - text_width(_ELLIPSIS, size), size)
    return text[:fits].rstrip() + _ELLIPSIS


def _take(text: str, width: float, size: float) -> tuple[str, str]:
    """Return the first line and the rest, broken at a space, or inside a word that is too long."""
    if text_width(text, size) <= width:
        return text, ""
    fits = max(1, _fitting(text, width, size))
    space = text.rfind(" ", 0, fits + 1)
    end = space if space > 0 else fits
    return text[:end].rstrip(), text[end:].lstrip()


def _fitting(text: str, width: float, size: float) -> int:
    """Return how many characters fit."""
    used = 0.0
    for count, character in enumerate(text):
        used += _width(character) * size
        if used > width:
            return count
    return len(text)
