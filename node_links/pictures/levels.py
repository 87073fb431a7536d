"""Boxes in levels, for drawings whose positions say nothing.

Each box stands one level after the last one that it depends on; arrows over several levels
get a lane through those between (Sugiyama, Tagawa, Toda 1981). Levels run from left to right or
downwards, whatever fits a page better.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from node_links.pictures.boxes import Box, around
from node_links.pictures.columns import place_in_columns

_BESIDE = 28.0
_LANE = 14.0
_MOST_LANES = 3000
_MOST_IN_A_ROW = 6

Size = tuple[float, float]


class Joint(Protocol):
    """What leads from one box to another, both by their numbers."""

    @property
    def source(self) -> int:
        """Where it begins."""

    @property
    def target(self) -> int:
        """Where it ends."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The boxes, and for each arrow the lanes that it passes, in its direction."""

    boxes: Sequence[Box]
    lanes: Mapping[int, Sequence[Box]]

    @property
    def ratio(self) -> float:
        """How many times wider than high the sheet is."""
        sheet = around(self.boxes)
        return sheet.width / sheet.height


def stand_in_levels(
    arrows: Sequence[Joint],
    sizes: Sequence[Size],
    levels: Sequence[int],
    *,
    down: bool,
    between: float,
) -> Levels:
    """Return where boxes of these sizes (width, height in pixels) stand, joined by `arrows`.

    `levels` says on which level each box stands, 0 for what depends on nothing; `between` is how
    far apart levels are, in pixels; they run to the right, or `down`.
    """
    joined = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    lanes = _lanes(arrows, levels)
    columns = [*levels, *(level for _, level in lanes)]
    places = place_in_columns(_pairs(arrows, lanes, len(levels)), columns)
    extents = [(height, width) if down else (width, height) for width, height in sizes]
    extents += [(0.0, _LANE)] * len(lanes)
    members: dict[int, list[int]] = defaultdict(list)
    for point, column in enumerate(columns):
        if point in joined or point >= len(levels):
            members[column].append(point)
    boxes = _boxes(members, places, extents, between)
    if down:
        boxes = {point: _turned(box) for point, box in boxes.items()}
    boxes |= _block([point for point in range(len(levels)) if point not in joined], sizes, boxes)
    passed: dict[int, list[Box]] = defaultdict(list)
    for point, (number, _) in enumerate(lanes, start=len(levels)):
        passed[number].append(boxes[point])
    return Levels([boxes[point] for point in range(len(levels))], passed)


def _lanes(arrows: Sequence[Joint], levels: Sequence[int]) -> list[tuple[int, int]]:
    """Return (number of the arrow, level) for each level that an arrow passes."""
    lanes = [
        (number, level)
        for number, arrow in enumerate(arrows)
        for level in range(levels[arrow.source] + 1, levels[arrow.target])
    ]
    return lanes if len(lanes) <= _MOST_LANES else []


def _pairs(
    arrows: Sequence[Joint], lanes: Sequence[tuple[int, int]], count: int
) -> Iterable[tuple[int, int]]:
    way: dict[int, list[int]] = defaultdict(list)
    for point, (number, _) in enumerate(lanes, start=count):
        way[number].append(point)
    pairs = {
        pair
        for number, arrow in enumerate(arrows)
        for pair in pairwise([arrow.source, *way[number], arrow.target])
    }
    return sorted(pairs)


def _boxes(
    members: Mapping[int, Sequence[int]],
    places: Mapping[int, float],
    extents: Sequence[Size],
    between: float,
) -> dict[int, Box]:
    """Return the boxes of all levels, each level centred beside the others."""
    boxes: dict[int, Box] = {}
    left = 0.0
    for level in sorted(members):
        points = sorted(members[level], key=lambda point: places[point])
        width = max(extents[point][0] for point in points)
        height = sum(extents[point][1] + _BESIDE for point in points) - _BESIDE
        top = -height / 2
        for point in points:
            # A lane is as long as its level is wide: arrows pass the boxes beside it.
            across = extents[point][0] or width
            boxes[point] = Box(left + width / 2, top + extents[point][1] / 2, across,
                               extents[point][1])  # fmt: skip
            top += extents[point][1] + _BESIDE
        left += width + between
    return boxes


def _block(
    points: Sequence[int], sizes: Sequence[Size], others: Mapping[int, Box]
) -> dict[int, Box]:
    """Return what is joined with nothing, in rows below the `others`."""
    boxes: dict[int, Box] = {}
    in_a_row = max(_MOST_IN_A_ROW, round(len(points) ** 0.5))
    begin = min((box.left for box in others.values()), default=0.0)
    top = max((box.bottom + 2 * _BESIDE for box in others.values()), default=0.0)
    for first in range(0, len(points), in_a_row):
        row, left = points[first : first + in_a_row], begin
        for point in row:
            width, height = sizes[point]
            boxes[point] = Box(left + width / 2, top + height / 2, width, height)
            left += width + _BESIDE
        top += max(sizes[point][1] for point in row) + _BESIDE
    return boxes


def _turned(box: Box) -> Box:
    return Box(box.y, box.x, box.height, box.width)
