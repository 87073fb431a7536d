"""Nodes and links as the template shows them: every number a string, every text clean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from node_links.graph.nodes import GraphNode
from node_links.pictures.boxes import Box, Layout
from node_links.pictures.labels import clean, shorten, text_width, wrap
from node_links.pictures.looks import DASHES, ORIGINS, colour, feature_look, thickness
from node_links.pictures.routes import ICON_RADIUS, ICON_RISE, Route
from node_links.pictures.sketch import Sketch

NAME_SIZE, META_SIZE = 13.0, 11.0
# Names on cards are set in bold, which is wider.
_BOLD = 1.07
MAP_NAME_SIZE = 10.5
_ICON, _PADDING = 34.0, 12.0
_NAME_LINE, _MAP_LINE = 16.0, 12.5
# More words than this would cover the lines they stand on.
_MOST_WORDS_ON_LINES = 30
_WORDS_WIDTH = 110.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text at its place."""

    text: str
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class NodeMark:
    """A node: its frame, its shape, its name in lines, and what is told when it is pointed at."""

    symbol: str
    root: bool
    address: str
    hint: str
    x: str
    y: str
    width: str
    height: str
    icon_x: str
    icon_y: str
    icon_size: str
    lines: Sequence[Line]
    meta: Line | None


@dataclass(frozen=True, slots=True)
class LinkMark:
    """A link: its line, and what is told when it is pointed at."""

    path: str
    colour: str
    width: str
    dash: str
    hint: str
    label: Line | None


def node_marks(
    sketch: Sketch, layout: Layout, address_of: Callable[[GraphNode], str | None]
) -> list[NodeMark]:
    """Return the marks of all nodes: cards in columns, shapes with names on a map."""
    make = _shape if layout.columns is None else _card
    return [
        make(node, box, address_of(node) or "")
        for node, box in zip(sketch.nodes, layout.boxes, strict=True)
    ]


def link_marks(sketch: Sketch, routes: Sequence[Route]) -> list[LinkMark]:
    """Return the marks of all links; their types stand on the lines where there is room."""
    words = place_words([clean(arrow.link.link_type) for arrow in sketch.arrows], routes)
    marks = []
    for arrow, way, word in zip(sketch.arrows, routes, words, strict=True):
        link = arrow.link
        source, target = sketch.nodes[arrow.source], sketch.nodes[arrow.target]
        strength = float(link.link_strength)
        marks.append(
            LinkMark(
                path=way.path,
                colour=colour(link.color),
                width=f"{thickness(strength):.1f}",
                dash=DASHES.get(link.origin, ""),
                hint=f"{_end(source, link.source)} —{clean(link.link_type)}→"
                f" {_end(target, link.target)} · strength {strength:.2f}"
                f" · {ORIGINS.get(link.origin, clean(link.origin))}",
                label=word,
            )
        )
    return marks


def place_words(types: Sequence[str], routes: Sequence[Route]) -> list[Line | None]:
    """Return the word for each route, None where it would cover another, or all are too many."""
    if len(routes) > _MOST_WORDS_ON_LINES:
        return [None] * len(routes)
    words: list[Line | None] = []
    taken: list[tuple[float, float, float]] = []
    for kind, way in zip(types, routes, strict=True):
        text = shorten(kind, _WORDS_WIDTH, META_SIZE)
        half = text_width(text, META_SIZE) / 2
        free = all(abs(way.x - x) > half + h or abs(way.y - y) > META_SIZE for x, y, h in taken)
        words.append(Line(text, f"{way.x:.1f}", f"{way.y - 4:.1f}") if free else None)
        if free:
            taken.append((way.x, way.y, half))
    return words


def name_of(node: GraphNode) -> str:
    """Return what a node is called, its type where it has no name."""
    return clean(node.name) or clean(node.node_type)


def _end(entity: GraphNode, end: GraphNode) -> str:
    return f"{name_of(entity)} ({name_of(end)})" if end.node_id else name_of(entity)


def _card(node: GraphNode, box: Box, address: str) -> NodeMark:
    left = box.left + _PADDING
    text_x = left + _ICON + _PADDING - 2
    room = box.right - _PADDING / 2 - text_x
    lines = wrap(name_of(node), width=room, size=NAME_SIZE * _BOLD, lines=2)
    meta = shorten(_meta(node), room, META_SIZE)
    first = box.y - (len(lines) * _NAME_LINE + 14) / 2 + 12
    return _mark(
        node, box, address,
        icon=(left, box.y - _ICON / 2, _ICON),
        lines=_lines(lines, text_x, first, _NAME_LINE),
        meta=Line(meta, f"{text_x:.1f}", f"{first + len(lines) * _NAME_LINE - 1:.1f}"),
    )  # fmt: skip


def _shape(node: GraphNode, box: Box, address: str) -> NodeMark:
    lines = wrap(name_of(node), width=box.width - 4, size=MAP_NAME_SIZE, lines=2)
    radius = ICON_RADIUS - 2
    centre = box.y - ICON_RISE
    return _mark(
        node, box, address,
        icon=(box.x - radius, centre - radius, 2 * radius),
        lines=_lines(lines, box.x, centre + radius + 13, _MAP_LINE),
        meta=None,
    )  # fmt: skip


def _mark(
    node: GraphNode,
    box: Box,
    address: str,
    *,
    icon: tuple[float, float, float],
    lines: Sequence[Line],
    meta: Line | None,
) -> NodeMark:
    return NodeMark(
        symbol=feature_look(node.feature).symbol,
        root=node.distance == 0,
        address=address,
        hint=_hint(node),
        x=f"{box.left:.1f}",
        y=f"{box.top:.1f}",
        width=f"{box.width:.0f}",
        height=f"{box.height:.0f}",
        icon_x=f"{icon[0]:.1f}",
        icon_y=f"{icon[1]:.1f}",
        icon_size=f"{icon[2]:.0f}",
        lines=lines,
        meta=meta,
    )


def _lines(texts: Sequence[str], x: float, y: float, step: float) -> list[Line]:
    return [Line(text, f"{x:.1f}", f"{y + n * step:.1f}") for n, text in enumerate(texts)]


def _meta(node: GraphNode) -> str:
    return f"{feature_look(node.feature).label} · {clean(node.node_type)}"


def _hint(node: GraphNode) -> str:
    away = f"{node.distance} step{'s' if node.distance != 1 else ''} away"
    return f"{name_of(node)} · {_meta(node)} · {away if node.distance else 'the node asked about'}"
