"""One walk over the tokens: headings, blocks of plain text, links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markdown_it.token import Token

from knowledge_base.markdown.inlines import html_text, inline_links, inline_text
from knowledge_base.markdown.links import Link

BlockKind = Literal["heading", "paragraph", "item", "row", "code", "html"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of plain text that stands by itself.

    `heading` is the index of the table-of-contents heading it stands under (-1: before the first);
    `top` says that no list, quotation or admonition holds it.
    """

    kind: BlockKind
    text: str
    heading: int
    top: bool

    @property
    def glue(self) -> str:
        """What separates the block from the one before it."""
        return "\n" if self.kind in {"item", "row"} else "\n\n"


@dataclass(slots=True)
class Outline:
    """What the walk found: `titles` are (level, title) of ATX headings, in order."""

    titles: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    external_links: int = 0
    fragment_links: int = 0
    first_title: str = ""
    """Title of the first level 1 heading, ATX or underlined."""


def is_listed_heading(token: Token) -> bool:
    """Whether a token opens a heading of the table of contents: ATX (`#`), not underlined."""
    return token.type == "heading_open" and token.markup.startswith("#")


def walk(tokens: Sequence[Token]) -> Outline:
    """Collect the outline of a token stream, in document order."""
    walker = _Walker()
    for token in tokens:
        walker.visit(token)
    return walker.outline


class _Walker:
    def __init__(self) -> None:
        self.outline = Outline()
        self._heading: Token | None = None
        self._tight = False
        self._depth = 0
        self._row: list[str] | None = None

    def visit(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._heading = token
            case "heading_close":
                self._heading = None
            case "paragraph_open":
                self._tight, self._depth = token.hidden, token.level
            case "tr_open":
                self._row = []
            case "tr_close":
                self._close_row()
            case "inline":
                self._visit_inline(token)
            case "fence" | "code_block":
                self._add("code", token.content.rstrip("\n"), token.level)
            case "html_block":
                self._add("html", html_text(token.content), token.level)

    def _visit_inline(self, token: Token) -> None:
        children = token.children or []
        self._collect_links(children)
        text = inline_text(children)
        if self._heading is not None:
            self._visit_heading(self._heading, text)
        elif self._row is not None:
            self._row.append(text)
        else:
            self._add("item" if self._tight else "paragraph", text, self._depth)

    def _visit_heading(self, opening: Token, text: str) -> None:
        title, level = " ".join(text.split()), int(opening.tag[1])
        if is_listed_heading(opening):
            self.outline.titles.append((level, title))
        if level == 1 and not self.outline.first_title:
            self.outline.first_title = title
        self._add("heading", title, opening.level)

    def _close_row(self) -> None:
        cells = [cell for cell in self._row or [] if cell]
        self._row = None
        self._add("row", "\t".join(cells), 1)

    def _add(self, kind: BlockKind, text: str, depth: int) -> None:
        if text.strip():
            heading = len(self.outline.titles) - 1
            self.outline.blocks.append(Block(kind, text, heading, top=depth == 0))

    def _collect_links(self, children: Sequence[Token]) -> None:
        for link in inline_links(children):
            if isinstance(link, Link):
                self.outline.links.append(link)
            elif link == "external":
                self.outline.external_links += 1
            else:
                self.outline.fragment_links += 1
