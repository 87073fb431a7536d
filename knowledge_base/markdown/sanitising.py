"""The allow-list through which every rendered text passes.

Whatever is not named here is dropped: scripts and styles with their content, other unknown tags
with their content kept. Identifiers and classes of raw HTML are dropped too, so that a text can
neither take over the anchor of a heading nor the look of our own elements: ours carry a mark that
is drawn anew for each rendering and taken off here.
"""

import re
from collections import Counter
from collections.abc import Iterable

import nh3

# fmt: off
TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
    "input", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small",
    "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "u", "ul", "var",
})
# fmt: on
LINK_REL = "noopener nofollow"
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
IMAGE_SCHEMES = ("http:", "https:")

_MARKED = frozenset({"id", "class"})
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"id", "class", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "input": {"checked"},
    "ol": {"start", "type"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "details": {"open"},
}
_CHECKBOX = {"input": {"type": "checkbox", "disabled": ""}}

MAX_RAW_DEPTH = 200
MAX_RAW_ELEMENTS = 10_000
_TAG_NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_NEVER_NESTED = frozenset(
    {"br", "col", "hr", "img", "input", "p", "li", "dt", "dd", "td", "th", "tr"}
    | {"thead", "tbody", "tfoot"}
)


def is_excessive(pieces: Iterable[str]) -> bool:
    """Whether the raw HTML of a text nests so deep that an HTML 5 parser would take minutes.

    Its work grows with the square of the open elements. End tags hidden in attributes or comments
    can deceive the count of open elements, hence the second bound on all of them.
    """
    opened: Counter[str] = Counter()
    depth = total = 0
    for piece in pieces:
        for match in _TAG_NAME.finditer(piece):
            name = match[2].lower()
            if name in _NEVER_NESTED:
                continue
            if not match[1]:
                opened[name] += 1
                depth, total = depth + 1, total + 1
            elif opened[name]:
                opened[name] -= 1
                depth -= 1
            if depth > MAX_RAW_DEPTH or total > MAX_RAW_ELEMENTS:
                return True
    return False


def sanitise(markup: str, mark: str) -> str:
    """Clean `markup`; identifiers and classes stay only where their value begins with `mark`."""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute in _MARKED:
            return value.removeprefix(mark).strip() if value.startswith(mark) else None
        if attribute == "src" and ":" in value and not value.startswith(IMAGE_SCHEMES):
            return None
        return value

    return nh3.clean(
        markup,
        tags=set(TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        set_tag_attribute_values=_CHECKBOX,
        url_schemes=set(LINK_SCHEMES),
        link_rel=LINK_REL,
    )
