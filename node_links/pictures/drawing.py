"""The picture as a document: measures everything and fills the template."""

from collections.abc import Callable
from dataclasses import dataclass

from node_links.graph.nodes import GraphNode
from node_links.graph.subgraph import Subgraph
from node_links.pictures.boxes import Layout
from node_links.pictures.hidden import MOST_COUNTED
from node_links.pictures.labels import shorten
from node_links.pictures.layered import layered
from node_links.pictures.legend import make_legend, place_legend
from node_links.pictures.marks import link_marks, name_of, node_marks
from node_links.pictures.picture import Picture, fill
from node_links.pictures.routes import overhang, route
from node_links.pictures.sketch import Sketch, make_sketch
from node_links.pictures.spread import spread

_MARGIN = 24.0
_LEAST_WIDTH = 420.0
_HEADING = 46.0
_FOOTING = 26.0
_HEADING_SIZE = 16.0
_TEMPLATE, _STYLE = "pictures/neighbourhood.svg", "pictures/neighbourhood.css"

AddressOf = Callable[[GraphNode], str | None]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The layout at its place, the width of the whole, and where the room below it begins."""

    layout: Layout
    width: float
    below: float


def draw_neighbourhood(
    *, subgraph: Subgraph, address_of: AddressOf, hidden: int = 0, headed: bool = True
) -> Picture:
    """Return the picture of a neighbourhood, the same for the same graph.

    `address_of` says where a click on a node leads, None for nowhere. `hidden` is the number of
    neighbours that were left out of a truncated subgraph, 0 where nobody counted. Without `headed`
    the title is there for those who listen only, for a page that has its own.
    """
    sketch = make_sketch(subgraph)
    sheet = _measure(sketch, layered(sketch) or spread(sketch), headed=headed)
    title = f"Neighbourhood of {name_of(sketch.nodes[0])}"
    more = _more(hidden) if subgraph.truncated else ""
    links = link_marks(sketch, route(sketch, sheet.layout))
    tips = {shade: f"nlp-tip-{n}" for n, shade in enumerate(sorted({x.colour for x in links}))}
    legend_top = sheet.below + (_FOOTING if more else 0)
    legend, legend_height = place_legend(
        make_legend(sketch), left=_MARGIN, top=legend_top, width=sheet.width - 2 * _MARGIN
    )
    return fill(
        _TEMPLATE,
        _STYLE,
        width=round(sheet.width),
        height=round(legend_top + legend_height + _MARGIN / 2),
        title=title,
        heading=shorten(title, sheet.width - 2 * _MARGIN, _HEADING_SIZE) if headed else "",
        summary=_summary(sketch),
        more=more,
        more_y=round(sheet.below + 4),
        map=sheet.layout.columns is None,
        nodes=node_marks(sketch, sheet.layout, address_of),
        links=[(link, tips[link.colour]) for link in links],
        tips=tips.items(),
        legend=legend,
    )


def _measure(sketch: Sketch, layout: Layout, *, headed: bool) -> _Sheet:
    top = _MARGIN + (_HEADING if headed else 0)
    left, right = overhang(sketch, layout)
    needed = left + layout.width + right + 2 * _MARGIN
    width = max(needed, _LEAST_WIDTH)
    placed = layout.placed_at(_MARGIN + left + (width - needed) / 2, top)
    return _Sheet(placed, width, top + layout.height + _MARGIN)


def _more(hidden: int) -> str:
    if hidden > MOST_COUNTED:
        return f"… and more than {MOST_COUNTED:,} others"
    return f"… and {hidden:,} more" if hidden else "… and more links"


def _summary(sketch: Sketch) -> str:
    nodes, links = len(sketch.nodes), len(sketch.arrows)
    steps = max(node.distance for node in sketch.nodes)
    parts = [
        f"{nodes} node{'s' if nodes != 1 else ''}",
        f"{links} link{'s' if links != 1 else ''}",
        f"up to {steps} step{'s' if steps != 1 else ''} away",
    ]
    return " · ".join(parts)
