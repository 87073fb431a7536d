"""Passages for search: a document cut by its headings into pieces of about 200 to 400 tokens.

A token is estimated, not counted: 1.3 per word (the usual ratio of English sub-word vocabularies),
and at least one per 8 characters, so that text without spaces (Chinese, base64) is cut as well.

Blocks are packed in order. A passage ends at a heading once it holds `MIN_TOKENS`, or when the next
section no longer stands under the same parent as its first one; a short section therefore joins its
younger siblings and children. A block that does not fit ends the passage once it holds
`MIN_TOKENS`; before that the block itself is cut: at lines, else at sentences, else at words, else
at characters. Passages follow each other without gap or overlap: together they hold every word of
the document.
"""

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge_base.markdown.blocks import Block
from knowledge_base.markdown.headings import Heading

MIN_TOKENS = 200
MAX_TOKENS = 400
TOKENS_PER_WORD = 1.3
CHARACTERS_PER_TOKEN = 8

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")
_WORDS_PER_PIECE = 50
_CHARACTERS_PER_PIECE = 400


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: its place from 0, the heading it begins under, and its plain text.

    `heading_path` holds the titles from the top down to `heading`; `anchor` is empty for text
    before the first heading. `tokens` is the estimate.
    """

    ordinal: int
    heading: str
    heading_path: tuple[str, ...]
    anchor: str
    text: str
    tokens: int


def estimate_tokens(text: str) -> int:
    """Estimated sub-word tokens of `text`, at least 1 unless it is empty."""
    return math.ceil(_weigh(text))


def _weigh(text: str) -> float:
    """The estimate unrounded: many short pieces must not add up their roundings."""
    return max(len(text.split()) * TOKENS_PER_WORD, len(text) / CHARACTERS_PER_TOKEN)


def build_chunks(blocks: Sequence[Block], headings: Sequence[Heading]) -> tuple[Chunk, ...]:
    """Pack `blocks` into passages, in order; deterministic and linear in the length of the text."""
    outline = _Tree(headings)
    return tuple(
        Chunk(
            ordinal=ordinal,
            heading=headings[first].title if first >= 0 else "",
            heading_path=outline.path(first),
            anchor=headings[first].anchor if first >= 0 else "",
            text=text,
            tokens=estimate_tokens(text),
        )
        for ordinal, (first, text) in enumerate(_pack(blocks, outline))
    )


class _Tree:
    """Parents of headings: the nearest earlier one of a lower level (-1: the document)."""

    def __init__(self, headings: Sequence[Heading]) -> None:
        self._headings = headings
        self._parents: list[int] = []
        open_headings: list[int] = []
        for index, heading in enumerate(headings):
            while open_headings and headings[open_headings[-1]].level >= heading.level:
                open_headings.pop()
            self._parents.append(open_headings[-1] if open_headings else -1)
            open_headings.append(index)

    def path(self, index: int) -> tuple[str, ...]:
        return tuple(self._headings[place].title for place in self._line(index))[::-1]

    def joins(self, first: int, index: int) -> bool:
        """Whether section `index` stands under the parent of section `first`."""
        if first < 0:  # an introduction joins whatever comes
            return True
        parent = self._parents[first]
        return parent < 0 or parent in self._line(index)

    def _line(self, index: int) -> Iterator[int]:
        while index >= 0:
            yield index
            index = self._parents[index]


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    glue: str
    heading: int
    tokens: float


def _pack(blocks: Iterable[Block], outline: _Tree) -> Iterator[tuple[int, str]]:
    """Yield (index of the first section, text) of each passage."""
    waiting = deque(
        _Piece(block.text, block.glue, block.heading, _weigh(block.text)) for block in blocks
    )
    taken: list[_Piece] = []
    tokens = 0.0
    while waiting:
        piece = waiting.popleft()
        if taken and _closes(taken, tokens, piece, outline):
            yield taken[0].heading, _join(taken)
            taken, tokens = [], 0.0
        if tokens + piece.tokens > MAX_TOKENS and len(parts := _cut(piece)) > 1:
            waiting.extendleft(reversed(parts))
            continue
        taken.append(piece)
        tokens += piece.tokens
    if taken:
        yield taken[0].heading, _join(taken)


def _closes(taken: list[_Piece], tokens: float, piece: _Piece, outline: _Tree) -> bool:
    if piece.heading != taken[-1].heading and (
        tokens >= MIN_TOKENS or not outline.joins(taken[0].heading, piece.heading)
    ):
        return True
    return tokens + piece.tokens > MAX_TOKENS and tokens >= MIN_TOKENS


def _join(pieces: Sequence[_Piece]) -> str:
    return "".join(
        piece.text if place == 0 else piece.glue + piece.text for place, piece in enumerate(pieces)
    )


def _cut(piece: _Piece) -> list[_Piece]:
    """`piece` in smaller parts at its widest kind of boundary; itself when it has none."""
    for parts, glue in _partitions(piece.text):
        if len(parts) > 1:
            return [
                _Piece(part, piece.glue if place == 0 else glue, piece.heading, _weigh(part))
                for place, part in enumerate(parts)
            ]
    return [piece]


def _partitions(text: str) -> Iterator[tuple[list[str], str]]:
    yield [line for line in text.split("\n") if line.strip()], "\n"
    yield [part for part in _SENTENCE_END.split(text) if part], " "
    words = text.split()
    size = _WORDS_PER_PIECE
    yield [" ".join(words[at : at + size]) for at in range(0, len(words), size)], " "
    if len(words) == 1:
        size = _CHARACTERS_PER_PIECE
        yield [text[at : at + size] for at in range(0, len(text), size)], ""
    yield words, " "
