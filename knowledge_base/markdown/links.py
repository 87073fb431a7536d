"""Links of a Markdown text that may name another document of the same collection."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

LinkKind = Literal["markdown", "wikilink", "embed"]
HrefKind = Literal["relative", "external", "fragment"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A reference as written.

    `target` is a percent-decoded path (`markdown`) or a name (`wikilink`, `embed`), without query
    and fragment; `fragment` what follows `#`, decoded, or empty; `label` the visible text.
    """

    kind: LinkKind
    target: str
    fragment: str = ""
    label: str = ""


def href_kind(href: str) -> HrefKind:
    """Whether `href` names a file of the collection, something outside, or a place on the page."""
    if _SCHEME.match(href) or href.startswith("//"):
        return "external"
    return "relative" if href.partition("#")[0].partition("?")[0] else "fragment"


def link_from_href(href: str, label: str = "") -> Link:
    """The link of a relative `href` (RFC 3986: path, then `?query`, then `#fragment`)."""
    reference, _, fragment = href.partition("#")
    path = reference.partition("?")[0]
    return Link(kind="markdown", target=unquote(path), fragment=unquote(fragment), label=label)
