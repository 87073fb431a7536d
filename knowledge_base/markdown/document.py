r"""A Markdown text, parsed once; everything else is derived when asked for.

document = parse("# Restart\n\nSee [[runbook]].")
document.headings   # (Heading(level=1, title="Restart", anchor="restart"),)
document.links      # (Link(kind="wikilink", target="runbook", ...),)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markdown_it.token import Token

from knowledge_base.markdown.blocks import Outline, walk
from knowledge_base.markdown.headings import Heading, build_headings
from knowledge_base.markdown.links import Link
from knowledge_base.markdown.parser import parse_tokens
from knowledge_base.markdown.passages import Chunk, build_chunks
from knowledge_base.markdown.words import count_words, cut_text

WORDS_PER_MINUTE = 200
MAX_SUMMARY_LENGTH = 2000


def parse(content: str) -> "Document":
    """Parse `content` (CommonMark and the extensions named in `parser`); never fails."""
    return Document(tokens=tuple(parse_tokens(content)))


@dataclass(frozen=True)  # no slots: cached_property keeps its value in __dict__
class Document:
    """A parsed text. All positions and orders are those of the text."""

    tokens: Sequence[Token]

    @cached_property
    def _outline(self) -> Outline:
        return walk(self.tokens)

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """The table of contents: ATX headings of levels 1..6, none from inside code."""
        return build_headings(self._outline.titles)

    @property
    def first_title(self) -> str:
        """The first level 1 heading (ATX or underlined), or empty."""
        return self._outline.first_title

    @cached_property
    def plain_text(self) -> str:
        """The text a reader sees, code included; images, comments and markup left out."""
        return "".join(block.glue + block.text for block in self._outline.blocks).strip("\n")

    @cached_property
    def words(self) -> int:
        """Number of words of the plain text, code included."""
        return sum(count_words(block.text) for block in self._outline.blocks)

    @property
    def read_time(self) -> int:
        """Minutes to read: ceil(words / 200), 0 when there are none."""
        return math.ceil(self.words / WORDS_PER_MINUTE)

    @cached_property
    def first_paragraph(self) -> str:
        """The first paragraph as one line of at most 2000 characters, or empty.

        Paragraphs inside lists, quotations and admonitions count only where no other exists.
        """
        texts = [block for block in self._outline.blocks if block.kind in {"paragraph", "item"}]
        first = next((block for block in texts if block.top), texts[0] if texts else None)
        return cut_text(" ".join(first.text.split()), MAX_SUMMARY_LENGTH) if first else ""

    @property
    def links(self) -> tuple[Link, ...]:
        """Relative Markdown links and wikilinks, repeated ones too, outside code and comments."""
        return tuple(self._outline.links)

    @property
    def external_links(self) -> int:
        """Number of links with a scheme or a host (`https:`, `mailto:`, `//host`)."""
        return self._outline.external_links

    @property
    def fragment_links(self) -> int:
        """Number of links to a place on the same page (`#anchor`, `[[#section]]`)."""
        return self._outline.fragment_links

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """The passages by which the text is searched."""
        return build_chunks(self._outline.blocks, self.headings)
