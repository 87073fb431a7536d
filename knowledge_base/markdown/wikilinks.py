"""`[[target#fragment|label]]` and `![[embed]]` as inline tokens of markdown-it.

The rule stands before the ordinary link rule, so that link reference definitions which some editors
append (`[note]: note.md`) do not turn `[[note]]` into a bracketed ordinary link.
"""

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

MAX_WIKILINK_LENGTH = 500
"""Longest text between the brackets, in characters; it keeps the scan for `]]` bounded."""


def _rule(state: StateInline, silent: bool) -> bool:
    source, embed = state.src, state.src.startswith("![[", state.pos)
    start = state.pos + embed
    if not source.startswith("[[", start):
        return False
    end = source.find("]]", start + 2, min(start + 2 + MAX_WIKILINK_LENGTH, state.posMax))
    if end < 0 or source.startswith("(", end + 2):  # `[[1]](url)` is an ordinary link
        return False
    inner = source[start + 2 : end]
    if not inner.strip() or any(char in inner for char in "[]\n"):
        return False
    if not silent:
        _push(state, inner, embed=embed)
    state.pos = end + 2
    return True


def _push(state: StateInline, inner: str, *, embed: bool) -> None:
    reference, _, label = inner.replace("\\|", "|").partition("|")
    target, _, fragment = reference.partition("#")
    token = state.push("wikilink", "", 0)
    token.meta = {"target": target.strip(), "fragment": fragment.strip(), "embed": embed}
    token.content = label.strip() or reference.strip()


def wikilink_plugin(md: MarkdownIt) -> None:
    """Teach `md` the token `wikilink`: its content is the visible label, its meta the address."""
    md.inline.ruler.before("link", "wikilink", _rule)
