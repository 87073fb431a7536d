"""The one Markdown dialect of the knowledge base, as a markdown-it parser.

CommonMark with tables, strikethrough, task lists, footnotes, front matter, admonitions (`!!! note`,
`??? note`), attribute lists and wikilinks. Raw HTML is parsed, and cleaned when rendered.
"""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from knowledge_base.markdown.attribute_lists import attribute_list_plugin
from knowledge_base.markdown.wikilinks import wikilink_plugin

PARSER = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .use(front_matter_plugin)
    .use(footnote_plugin)
    .use(admon_plugin)
    .use(tasklists_plugin)
    .use(wikilink_plugin)
    .use(attribute_list_plugin)
)
"""Shared by all threads: parsing and rendering keep their state in the call and its `env`."""


def parse_tokens(content: str, env: dict[str, Any] | None = None) -> Sequence[Token]:
    """The flat token stream of `content`; `env` receives footnotes and link definitions."""
    return PARSER.parse(content, env if env is not None else {})
