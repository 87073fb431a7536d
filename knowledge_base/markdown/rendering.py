"""Markdown as sanitised HTML.

Every ATX heading carries exactly the anchor that the table of contents names; links go through an
optional resolver; what comes out has passed the allow-list of `sanitising`.
"""

import secrets
from collections.abc import Callable, Sequence
from html import escape

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from knowledge_base.markdown.blocks import is_listed_heading
from knowledge_base.markdown.document import Document
from knowledge_base.markdown.headings import slugify
from knowledge_base.markdown.inlines import wikilink_of
from knowledge_base.markdown.links import Link, href_kind, link_from_href
from knowledge_base.markdown.parser import PARSER, parse_tokens
from knowledge_base.markdown.sanitising import is_excessive, sanitise

LinkResolver = Callable[[Link], str | None]
"""The address, without fragment, of the document that a link means; None if there is none."""

DANGLING_CLASS = "dangling-link"


def render(content: str, resolve: LinkResolver | None = None) -> str:
    """Render `content` as HTML that is safe to show.

    With `resolve`, relative links and wikilinks point at the addresses it gives, followed by the
    fragment of the link; those it does not know become `<span class="dangling-link">`. Without it,
    relative links stay as written and every wikilink is dangling. Raw HTML that nests beyond reason
    is shown as text.
    """
    mark = f"m{secrets.token_hex(8)}-"
    tokens = parse_tokens(content)
    _tame_raw_html(tokens)
    _prepare(tokens, mark, resolve)
    env = {"mark": mark, "resolve": resolve}
    return sanitise(_RENDERER.render(tokens, PARSER.options, env), mark)


def _tame_raw_html(tokens: Sequence[Token]) -> None:
    raw = [
        part
        for token in tokens
        for part in (token, *(token.children or ()))
        if part.type in {"html_block", "html_inline"}
    ]
    if is_excessive(part.content for part in raw):
        for part in raw:
            part.content = escape(part.content)


def _prepare(tokens: Sequence[Token], mark: str, resolve: LinkResolver | None) -> None:
    """Set anchors, alignment and link addresses, and mark what is ours for the sanitiser."""
    headings = iter(Document(tokens=tokens).headings)
    for token in tokens:
        if "class" in token.attrs:
            token.attrSet("class", f"{mark}{token.attrs['class']}")
        if is_listed_heading(token):
            token.attrSet("id", mark + next(headings).anchor)
        elif token.type == "fence" and token.info:
            token.attrSet("class", mark)  # the renderer appends language-<name>
        elif style := str(token.attrs.pop("style", "")):
            token.attrSet("align", style.removeprefix("text-align:"))
        elif token.children and resolve is not None:
            _resolve_links(token.children, mark, resolve)


def _resolve_links(tokens: Sequence[Token], mark: str, resolve: LinkResolver) -> None:
    dangling = False
    for token in tokens:
        if token.type == "link_open" and href_kind(href := str(token.attrs["href"])) == "relative":
            link = link_from_href(href)
            address = resolve(link)
            dangling = address is None
            if address is None:
                token.tag, token.attrs = "span", {"class": mark + DANGLING_CLASS}
            else:
                token.attrSet("href", _address(address, link.fragment))
        elif token.type == "link_close" and dangling:
            token.tag, dangling = "span", False


def _address(address: str, fragment: str) -> str:
    anchor = "" if fragment.startswith("^") else slugify(fragment)  # ^id: a block, not a heading
    return f"{address}#{anchor}" if anchor and "#" not in address else address


class _Renderer(RendererHTML):
    """markdown-it's renderer with wikilinks and footnotes; methods are named by token type."""

    def wikilink(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        link, resolve = wikilink_of(tokens[idx]), env["resolve"]
        address = resolve(link) if resolve is not None and link.target else None
        if not link.target:
            address = ""
        if address is None:
            return f'<span class="{env["mark"]}{DANGLING_CLASS}">{escape(link.label)}</span>'
        href = escape(_address(address, link.fragment))
        return f'<a class="{env["mark"]}wikilink" href="{href}">{escape(link.label)}</a>'

    def footnote_ref(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        mark, number = env["mark"], _footnote(tokens[idx])
        return (
            f'<sup class="{mark}footnote-ref"><a href="#fn:{number}"'
            f' id="{mark}fnref:{_reference(tokens[idx])}">[{number}]</a></sup>'
        )

    def footnote_block_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<section class="{env["mark"]}footnotes">\n<hr>\n<ol>\n'

    def footnote_block_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</ol>\n</section>\n"

    def footnote_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<li id="{env["mark"]}fn:{_footnote(tokens[idx])}">'

    def footnote_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</li>\n"

    def footnote_anchor(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f' <a href="#fnref:{_reference(tokens[idx])}">↩</a>'


def _footnote(token: Token) -> int:
    return int(token.meta["id"]) + 1


def _reference(token: Token) -> str:
    """Number of a footnote's reference; later references to the same note are told apart."""
    again = token.meta.get("subId", 0)
    return f"{_footnote(token)}:{again}" if again > 0 else str(_footnote(token))


_RENDERER = _Renderer()
