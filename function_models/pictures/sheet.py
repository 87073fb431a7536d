"""Where everything stands on the sheet."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from function_models.pictures.arranging import arrange
from function_models.pictures.figures import META_SIZE, Figure, measure
from function_models.pictures.levels import level_numbers
from function_models.pictures.sketch import Sketch
from node_links.pictures.boxes import Box, around
from node_links.pictures.labels import clean, text_width
from node_links.pictures.levels import Levels, stand_in_levels
from node_links.pictures.ways import DOWN, LEFT, RIGHT, UP, Side, Way, find_ways

_GAP = (64.0, 52.0)
# As wide as labels on arrows are drawn at most.
_WIDEST_LABEL = 110.0
# A page is somewhat wider than high, once its text is around the picture.
_PAGE = 1.3


@dataclass(frozen=True, slots=True)
class Sheet:
    """Containers with their places, where moved ones stood by their number, and the ways of the
    arrows.
    """

    figures: Sequence[Figure]
    boxes: Sequence[Box]
    ghosts: Mapping[int, Box] = field(default_factory=dict)
    routes: Sequence[Way] = ()

    @property
    def extent(self) -> Box:
        """What everything together takes up."""
        ways = (way.hull for way in self.routes)
        return around([*self.boxes, *self.ghosts.values(), *ways])


def lay_out(sketch: Sketch) -> Sheet:
    """Return the sheet: as it was drawn where that can be read, else in levels."""
    if not sketch.containers:
        return Sheet([], [])
    return _as_drawn(sketch) or _in_levels(sketch)


def _as_drawn(sketch: Sketch) -> Sheet | None:
    figures = _measure(sketch, wide=False)
    gap = (_GAP[0] + _room_for_labels(sketch), _GAP[1])
    positions = [(p.node.position.x, p.node.position.y) for p in sketch.containers]
    found = arrange(positions, [(f.box.width, f.box.height) for f in figures], gap=gap)
    if found is None:
        return None
    ghosts = {
        number: found.place((part.was.x, part.was.y), (box.width, box.height))
        for number, (part, box) in enumerate(zip(sketch.containers, found.boxes, strict=True))
        if part.was is not None
    }
    return Sheet(figures, found.boxes, ghosts, find_ways(sketch.arrows, found.boxes))


def _in_levels(sketch: Sketch) -> Sheet:
    levels = level_numbers(sketch)
    sheets: list[tuple[Levels, Sequence[Figure], tuple[Side, Side]]] = []
    for down, sides in ((False, (RIGHT, LEFT)), (True, (DOWN, UP))):
        figures = _measure(sketch, wide=down)
        between = _GAP[1] + 20 if down else _GAP[0] + _room_for_labels(sketch)
        sizes = [(figure.box.width, figure.box.height) for figure in figures]
        sheets.append(
            (
                stand_in_levels(sketch.arrows, sizes, levels, down=down, between=between),
                figures,
                sides,
            )
        )
    found, cards, sides = min(sheets, key=lambda one: abs(math.log(one[0].ratio / _PAGE)))
    routes = find_ways(sketch.arrows, found.boxes, lanes=found.lanes, sides=sides)
    return Sheet(cards, found.boxes, {}, routes)


def _room_for_labels(sketch: Sketch) -> float:
    """Return how much wider than else gaps have to be for what stands on the arrows."""
    widths = (text_width(clean(a.label), META_SIZE) for a in sketch.arrows if a.label)
    return max(min(max(widths, default=0), _WIDEST_LABEL) + 40 - _GAP[0], 0)


def _measure(sketch: Sketch, *, wide: bool) -> list[Figure]:
    return [
        measure(part, sketch.inside.get(part.node.id, ()), wide=wide) for part in sketch.containers
    ]
