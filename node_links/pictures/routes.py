"""How links run between boxes: curves that end at an edge, apart from each other."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from node_links.pictures.boxes import Box, Layout
from node_links.pictures.sketch import Arrow, Sketch

ICON_RADIUS, ICON_RISE = 19.0, 15.0
"""In maps, links end at the node's shape, which stands above the box's centre."""
_STEP, _MARGIN = 13.0, 12.0
_BULGE = 70.0
# A cubic goes three quarters of the way to its controls.
_REACH = 0.75 * _BULGE
_BEND = 16.0
# So that the tip of the arrow touches the edge and the line ends below the tip.
_TIP = 2.0


@dataclass(frozen=True, slots=True)
class Route:
    """A curve as an SVG path, and the middle of it."""

    path: str
    x: float
    y: float


def route(sketch: Sketch, layout: Layout) -> list[Route]:
    """Return the route of each arrow, in their order."""
    if layout.columns is None:
        return _between_shapes(sketch, layout)
    return _between_columns(sketch, layout, layout.columns)


def overhang(sketch: Sketch, layout: Layout) -> tuple[float, float]:
    """Return how far links reach out of the layout on the left and on the right."""
    columns = layout.columns
    if columns is None:
        return 0.0, 0.0
    beside = {columns[a.source] for a in sketch.arrows if columns[a.source] == columns[a.target]}
    left, right = min(columns), max(columns)
    return (
        _REACH if left in beside and left < 0 else 0.0,
        _REACH if right in beside and right >= 0 else 0.0,
    )


def _between_columns(sketch: Sketch, layout: Layout, columns: Sequence[int]) -> list[Route]:
    sides = [_sides(arrow, columns) for arrow in sketch.arrows]
    ports = _ports(sketch, layout, sides)
    routes = []
    for number, (arrow, (begins, ends)) in enumerate(zip(sketch.arrows, sides, strict=True)):
        source, target = layout.boxes[arrow.source], layout.boxes[arrow.target]
        start = _edge(source, begins), ports[number, True]
        end = _edge(target, ends) + ends * _TIP, ports[number, False]
        reach = _BULGE if begins == ends else max(abs(end[0] - start[0]) / 2, 30)
        controls = [(start[0] + begins * reach, start[1]), (end[0] + ends * reach, end[1])]
        routes.append(_cubic([start, *controls, end]))
    return routes


def _sides(arrow: Arrow, columns: Sequence[int]) -> tuple[int, int]:
    """Return on which side (-1 left, 1 right) an arrow leaves and arrives."""
    source, target = columns[arrow.source], columns[arrow.target]
    if source == target:
        outside = -1 if source < 0 else 1
        return outside, outside
    return (1, -1) if source < target else (-1, 1)


def _edge(box: Box, side: int) -> float:
    return box.right if side > 0 else box.left


def _ports(
    sketch: Sketch, layout: Layout, sides: Sequence[tuple[int, int]]
) -> dict[tuple[int, bool], float]:
    """Return how high each arrow leaves (True) and arrives (False): side by side, uncrossed."""
    at: dict[tuple[int, int], list[tuple[float, int, bool]]] = defaultdict(list)
    for number, (arrow, (begins, ends)) in enumerate(zip(sketch.arrows, sides, strict=True)):
        at[arrow.source, begins].append((layout.boxes[arrow.target].y, number, True))
        at[arrow.target, ends].append((layout.boxes[arrow.source].y, number, False))
    heights = {}
    for (point, _), ends_here in at.items():
        box = layout.boxes[point]
        step = min(_STEP, (box.height - 2 * _MARGIN) / max(len(ends_here) - 1, 1))
        for place, (_, number, leaving) in enumerate(sorted(ends_here)):
            heights[number, leaving] = box.y + (place - (len(ends_here) - 1) / 2) * step
    return heights


def _cubic(points: Sequence[tuple[float, float]]) -> Route:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    path = f"M{x0:.1f} {y0:.1f}C{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f} {x3:.1f} {y3:.1f}"
    return Route(path, (x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8)


def _between_shapes(sketch: Sketch, layout: Layout) -> list[Route]:
    between: dict[tuple[int, int], int] = defaultdict(int)
    routes = []
    for arrow in sketch.arrows:
        pair = min(arrow.source, arrow.target), max(arrow.source, arrow.target)
        # The first of several links is straight, the others bend to one side and the other.
        nth, between[pair] = between[pair], between[pair] + 1
        side = 1 if arrow.source < arrow.target else -1
        bend = side * math.ceil(nth / 2) * (_BEND if nth % 2 else -_BEND)
        routes.append(_arc(layout.boxes[arrow.source], layout.boxes[arrow.target], bend))
    return routes


def _arc(source: Box, target: Box, bend: float) -> Route:
    """Return the curve from shape to shape that passes the middle at a distance of `bend`."""
    (x0, y0), (x1, y1) = (source.x, source.y - ICON_RISE), (target.x, target.y - ICON_RISE)
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    across = -(y1 - y0) / length, (x1 - x0) / length
    middle = (x0 + x1) / 2 + 2 * bend * across[0], (y0 + y1) / 2 + 2 * bend * across[1]
    start = _towards((x0, y0), middle, ICON_RADIUS)
    end = _towards((x1, y1), middle, ICON_RADIUS + _TIP)
    path = f"M{start[0]:.1f} {start[1]:.1f}"
    path += (
        f"Q{middle[0]:.1f} {middle[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
        if bend
        else (f"L{end[0]:.1f} {end[1]:.1f}")
    )
    return Route(path, (x0 + x1) / 2 + bend * across[0], (y0 + y1) / 2 + bend * across[1])


def _towards(
    place: tuple[float, float], other: tuple[float, float], steps: float
) -> tuple[float, float]:
    length = math.hypot(other[0] - place[0], other[1] - place[1]) or 1.0
    return (
        place[0] + (other[0] - place[0]) / length * steps,
        place[1] + (other[1] - place[1]) / length * steps,
    )
