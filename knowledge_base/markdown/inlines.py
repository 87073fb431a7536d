"""What a reader sees of one inline token: its text and its links."""

import html
import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from knowledge_base.markdown.links import Link, href_kind, link_from_href

_HIDDEN_OPEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
_HIDDEN_CLOSE = re.compile(r"</(script|style)\b", re.IGNORECASE)
_BREAK = re.compile(r"<(br|/p|/div|/li|/tr|/td|/th|p|div|li|tr|td|th)\b", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<[a-z/!?][^<>]*>", re.IGNORECASE)


def inline_text(tokens: Sequence[Token]) -> str:
    """The visible text of inline `tokens`: code included, images, comments and markup left out."""
    return "".join(_pieces(tokens)).strip()


def _pieces(tokens: Sequence[Token]) -> Iterator[str]:
    hidden = False
    for token in tokens:
        if token.type == "html_inline":
            if _HIDDEN_OPEN.match(token.content):
                hidden = True
            elif _HIDDEN_CLOSE.match(token.content):
                hidden = False
            elif _BREAK.match(token.content):
                yield " "
        elif hidden:
            continue
        elif token.type in {"text", "code_inline", "wikilink"}:
            yield token.content
        elif token.type == "softbreak":
            yield " "
        elif token.type == "hardbreak":
            yield "\n"


def html_text(markup: str) -> str:
    """The visible text of a block of raw HTML, runs of white space made one space.

    By expressions that scan once, not by a tree: plain text needs no safety, but must stay linear.
    """
    spaced = _BREAK.sub(lambda match: " " + match.group(), _UNSEEN.sub(" ", markup))
    return " ".join(html.unescape(_TAG.sub("", spaced)).split())


def inline_links(tokens: Sequence[Token]) -> Iterator[Link | str]:
    """Links of inline `tokens` in order; those that leave the collection as their kind only."""
    for index, token in enumerate(tokens):
        if token.type == "wikilink":
            yield _wikilink(token)
        elif token.type == "link_open":
            href = str(token.attrGet("href") or "")
            kind = href_kind(href)
            yield link_from_href(href, _label(tokens, index)) if kind == "relative" else kind


def _label(tokens: Sequence[Token], opening: int) -> str:
    closing = opening + 1
    while tokens[closing].type != "link_close":  # links don't nest (CommonMark 6.3)
        closing += 1
    return inline_text(tokens[opening + 1 : closing])


def _wikilink(token: Token) -> Link | str:
    if not token.meta["target"]:
        return "fragment"
    return wikilink_of(token)


def wikilink_of(token: Token) -> Link:
    """The link that a `wikilink` token stands for."""
    return Link(
        kind="embed" if token.meta["embed"] else "wikilink",
        target=token.meta["target"],
        fragment=token.meta["fragment"],
        label=token.content,
    )
