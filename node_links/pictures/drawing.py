"""The picture as a document: measures everything and fills the template."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from node_links.pictures.boxes import Layout
from node_links.pictures.labels import shorten
from node_links.pictures.layered import layered
from node_links.pictures.legend import make_legend, place_legend
from node_links.pictures.marks import LinkMark, NodeMark, link_marks, name_of, node_marks
from node_links.pictures.routes import route
from node_links.pictures.sketch import Node, Sketch, Subgraph, make_sketch
from node_links.pictures.spread import spread

_MARGIN = 24.0
_LEAST_WIDTH = 420.0
_HEADING = 46.0
_FOOTING = 26.0
_HEADING_SIZE = 16.0
_TEMPLATE, _STYLE = "pictures/neighbourhood.svg", "pictures/neighbourhood.css"

AddressOf = Callable[[Node], str | None]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Everything that the template shows, measured."""

    title: str
    summary: str
    heading: str
    more: str
    width: int
    height: int
    nodes: list[NodeMark]
    links: list[LinkMark]
    more_y: int


def draw_neighbourhood(
    *, subgraph: Subgraph, address_of: AddressOf, hidden: int = 0, headed: bool = True
) -> SafeString:
    """Return the picture of a neighbourhood as an SVG document, the same for the same graph.

    `address_of` says where a click on a node leads, None for nowhere. `hidden` is the number of
    neighbours that were left out of a truncated subgraph, 0 where nobody counted. Without `headed`
    the title is there for those who listen only, for a page that has its own.
    """
    sketch = make_sketch(subgraph)
    columns = layered(sketch)
    layout = columns or spread(sketch)
    top = _MARGIN + (_HEADING if headed else 0)
    width = max(layout.width + 2 * _MARGIN, _LEAST_WIDTH)
    layout = layout.placed_at((width - layout.width) / 2, top)
    more = _more(hidden) if subgraph.truncated else ""
    below = top + layout.height + _MARGIN
    legend_top = below + (_FOOTING if more else 0)
    legend, legend_height = place_legend(
        make_legend(sketch), left=_MARGIN, top=legend_top, width=width - 2 * _MARGIN
    )
    title = f"Neighbourhood of {name_of(sketch.nodes[0])}"
    sheet = _Sheet(
        title=title,
        summary=_summary(sketch),
        heading=shorten(title, width - 2 * _MARGIN, _HEADING_SIZE) if headed else "",
        more=more,
        more_y=round(below + 4),
        width=round(width),
        height=round(legend_top + legend_height + _MARGIN / 2),
        nodes=node_marks(sketch, layout, address_of),
        links=link_marks(sketch, route(sketch, layout)),
    )
    return _render(sheet, legend=legend, layout=layout)


def _render(sheet: _Sheet, *, layout: Layout, **context: object) -> SafeString:
    colours = sorted({link.colour for link in sheet.links})
    names = {shade: f"nlp-tip-{number}" for number, shade in enumerate(colours)}
    return render_to_string(
        _TEMPLATE,
        {
            "sheet": sheet,
            "tips": names.items(),
            "links": [(link, names[link.colour]) for link in sheet.links],
            "map": layout.columns is None,
            "style": stylesheet(),
            **context,
        },
    )


@cache
def stylesheet() -> SafeString:
    """Return the style sheet inside each picture."""
    return mark_safe(render_to_string(_STYLE).strip())  # noqa: S308 -- a file of ours


@cache
def content_security_policy() -> str:
    """Return the policy under which a picture is served: its own style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'self'"


def _more(hidden: int) -> str:
    return f"… and {hidden:,} more" if hidden else "… and more"


def _summary(sketch: Sketch) -> str:
    nodes, links = len(sketch.nodes), len(sketch.arrows)
    steps = max(node.distance for node in sketch.nodes)
    parts = [
        f"{nodes} node{'s' if nodes != 1 else ''}",
        f"{links} link{'s' if links != 1 else ''}",
        f"up to {steps} step{'s' if steps != 1 else ''} away",
    ]
    return " · ".join(parts)
