"""The ways of arrows between boxes: curves that leave and arrive square to an edge.

An arrow takes the sides that face each other; where it would run through a third box, it takes
those sides between which it runs through the fewest.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

from node_links.pictures.boxes import Box
from node_links.pictures.levels import Joint
from node_links.pictures.routes import Route

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Edges = NDArray[np.float64]

_STEP, _MARGIN = 14.0, 16.0
_LEAST_REACH, _MOST_REACH = 34.0, 140.0
# So that the tip of the arrow touches the edge and the line ends below the tip.
_TIP = 2.0
# Ways around are looked for on sheets that somebody reads line by line.
_MOST_BOXES = 150
# People draw from left to right.
_ONWARD = 2.5
_SAMPLES = tuple(n / 12 for n in range(1, 12))

Side = tuple[int, int]
RIGHT, LEFT, DOWN, UP = (1, 0), (-1, 0), (0, 1), (0, -1)
_SIDES: tuple[Side, ...] = (RIGHT, LEFT, DOWN, UP)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Way(Route):
    """A curve, and a box that it does not leave."""

    hull: Box


def find_ways(
    arrows: Sequence[Joint],
    boxes: Sequence[Box],
    *,
    lanes: Mapping[int, Sequence[Box]] | None = None,
    sides: tuple[Side, Side] | None = None,
) -> list[Way]:
    """Return the way of each arrow, in their order.

    `sides` are those at which all arrows leave and arrive, if they are the same for all; `lanes`
    are the boxes that an arrow passes lengthwise on its way, by its number.
    """
    passed = lanes or {}
    chosen = [
        sides or (RIGHT, LEFT) if number in passed else sides or _choose(arrow, boxes)
        for number, arrow in enumerate(arrows)
    ]
    if sides is None and len(boxes) <= _MOST_BOXES:
        chosen = _around(arrows, boxes, chosen)
    ports = _ports(arrows, boxes, chosen, passed)
    routes = []
    for number, (begins, ends) in enumerate(chosen):
        points = [ports[number, True]]
        for lane in passed.get(number, ()):
            points += _ends_of_lane(lane, begins)
        end = ports[number, False]
        points.append((end[0] + ends[0] * _TIP, end[1] + ends[1] * _TIP))
        routes.append(_curve(points, begins, ends))
    return routes


def _choose(arrow: Joint, boxes: Sequence[Box]) -> tuple[Side, Side]:
    """Return the sides with the widest gap between them; rather onward than down or back."""
    source, target = boxes[arrow.source], boxes[arrow.target]
    gaps = [
        (_ONWARD * (target.left - source.right), (RIGHT, LEFT)),
        (target.top - source.bottom, (DOWN, UP)),
        (source.top - target.bottom, (UP, DOWN)),
        (source.left - target.right, (LEFT, RIGHT)),
    ]
    return max(gaps, key=lambda gap: gap[0])[1]


def _around(
    arrows: Sequence[Joint], boxes: Sequence[Box], chosen: Sequence[tuple[Side, Side]]
) -> list[tuple[Side, Side]]:
    import numpy as np  # loaded where it is used: most requests draw nothing

    edges = np.array([[b.left - 4, b.top - 4, b.right + 4, b.bottom + 4] for b in boxes])
    found = []
    for arrow, pair in zip(arrows, chosen, strict=True):
        best = pair
        if _cost(arrow, boxes, pair, edges)[0]:
            ways = [pair, *product(_SIDES, _SIDES)]
            best = min(ways, key=lambda way: _cost(arrow, boxes, way, edges))
        found.append(best)
    return found


def _cost(
    arrow: Joint, boxes: Sequence[Box], sides: tuple[Side, Side], edges: "Edges"
) -> tuple[int, float]:
    """Return how often the way runs through a box, and how long it is."""
    import numpy as np

    source, target = boxes[arrow.source], boxes[arrow.target]
    start, end = _middle(source, sides[0]), _middle(target, sides[1])
    curve = np.array(_cubic(start, end, *sides))
    t = np.array(_SAMPLES)[:, None]
    weights = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    points = weights @ curve
    inside = (
        (points[:, None, 0] > edges[None, :, 0])
        & (points[:, None, 0] < edges[None, :, 2])
        & (points[:, None, 1] > edges[None, :, 1])
        & (points[:, None, 1] < edges[None, :, 3])
    )
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    return int(inside.sum()), length


def _ports(
    arrows: Sequence[Joint],
    boxes: Sequence[Box],
    sides: Sequence[tuple[Side, Side]],
    lanes: Mapping[int, Sequence[Box]],
) -> dict[tuple[int, bool], Point]:
    """Return where each arrow leaves (True) and arrives (False): side by side, uncrossed."""
    at: dict[tuple[int, Side], list[tuple[float, int, bool]]] = defaultdict(list)
    for number, (arrow, (begins, ends)) in enumerate(zip(arrows, sides, strict=True)):
        way = [boxes[arrow.source], *lanes.get(number, ()), boxes[arrow.target]]
        at[arrow.source, begins].append((_along(way[1], begins), number, True))
        at[arrow.target, ends].append((_along(way[-2], ends), number, False))
    found = {}
    for (known, side), here in at.items():
        box = boxes[known]
        room = (box.height if side[0] else box.width) - 2 * _MARGIN
        step = min(_STEP, room / max(len(here) - 1, 1))
        x, y = _middle(box, side)
        for place, (_, number, leaving) in enumerate(sorted(here)):
            shift = (place - (len(here) - 1) / 2) * step
            found[number, leaving] = (x, y + shift) if side[0] else (x + shift, y)
    return found


def _along(other: Box, side: Side) -> float:
    return other.y if side[0] else other.x


def _middle(box: Box, side: Side) -> Point:
    return box.x + side[0] * box.width / 2, box.y + side[1] * box.height / 2


def _ends_of_lane(lane: Box, side: Side) -> list[Point]:
    before, after = (-side[0], -side[1]), side
    return [_middle(lane, before), _middle(lane, after)]


def _cubic(start: Point, end: Point, begins: Side, ends: Side) -> list[Point]:
    leaves, arrives = _reach(start, end, begins), _reach(end, start, ends)
    return [
        start,
        (start[0] + begins[0] * leaves, start[1] + begins[1] * leaves),
        (end[0] + ends[0] * arrives, end[1] + ends[1] * arrives),
        end,
    ]


def _reach(here: Point, there: Point, side: Side) -> float:
    """Return how far a curve goes straight on: half of the way ahead, more where it turns back."""
    away = there[0] - here[0], there[1] - here[1]
    ahead = away[0] * side[0] + away[1] * side[1]
    if ahead > 0:
        return max(ahead / 2, _LEAST_REACH / 2)
    return min(max(abs(away[0]), abs(away[1]), 2 * _LEAST_REACH) / 2, _MOST_REACH)


def _curve(points: Sequence[Point], begins: Side, ends: Side) -> Way:
    """Return the curve through `points`, which between the first and last run lengthwise."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    legs = list(pairwise(points))
    middles, hull = [], list(points)
    for number, (start, end) in enumerate(legs):
        arrives = ends if number == len(legs) - 1 else (-begins[0], -begins[1])
        controls = _cubic(start, end, begins, arrives)[1:]
        hull += controls
        path += "C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in controls)
        (x0, y0), ((x1, y1), (x2, y2), (x3, y3)) = start, controls
        middles.append(((x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8))
    return Way(path, *middles[len(middles) // 2], _hull(hull))


def _hull(points: Sequence[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    return Box(min(xs) + width / 2, min(ys) + height / 2, width, height)
