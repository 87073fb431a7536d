"""Attribute lists such as `{:target="_blank"}` (python-markdown's attr_list, kramdown): read over.

They ask for a presentation that we don't take from a text (the sanitiser decides it), but their
characters must not show up as words.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_ITEM = r"""(?:[.#][\w-]+|[\w:-]+=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'{}]+))"""
_LIST = re.compile(rf"\{{:\s*{_ITEM}(?:\s+{_ITEM})*\s*\}}")
_MAX_LENGTH = 300


def _rule(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("{:", state.pos):
        return False
    match = _LIST.match(state.src, state.pos, min(state.pos + _MAX_LENGTH, state.posMax))
    if match is None:
        return False
    state.pos = match.end()
    return True


def attribute_list_plugin(md: MarkdownIt) -> None:
    """Teach `md` to skip `{:...}` wherever inline text may stand."""
    md.inline.ruler.after("backticks", "attribute_list", _rule)
