"""Columns by distance, for small neighbourhoods.

The node asked about stands in the middle; what points at it on its left, what it points at on its
right, and what is further away further out.
"""

from collections import Counter
from collections.abc import Sequence

from node_links.pictures.boxes import Box, Layout
from node_links.pictures.columns import place_in_columns
from node_links.pictures.sketch import Sketch

MOST_NODES = 48
MOST_IN_A_COLUMN = 12
MOST_COLUMNS = 5
WIDTH, HEIGHT = 204.0, 64.0
_ACROSS, _DOWN = 126.0, 22.0


def layered(sketch: Sketch) -> Layout | None:
    """Return the layout, None where there are too many nodes to be read in columns."""
    if len(sketch.nodes) > MOST_NODES:
        return None
    columns = _columns(sketch)
    sizes = Counter(columns)
    if len(sizes) > MOST_COLUMNS or max(sizes.values()) > MOST_IN_A_COLUMN:
        return None
    places = place_in_columns(sketch.pairs, columns)
    boxes = [
        Box(column * (WIDTH + _ACROSS), places[point] * (HEIGHT + _DOWN), WIDTH, HEIGHT)
        for point, column in enumerate(columns)
    ]
    return Layout(boxes, columns)


def _columns(sketch: Sketch) -> list[int]:
    """Return the column of each point: its distance, negative on the left side."""
    sides = [0] * len(sketch.nodes)
    for point, node in enumerate(sketch.nodes):
        if node.distance:
            sides[point] = _side(sketch, point, sides)
    return [side * node.distance for side, node in zip(sides, sketch.nodes, strict=True)]


def _side(sketch: Sketch, point: int, sides: Sequence[int]) -> int:
    """Return -1 for left and 1 for right: the side of who leads to it, nearest first."""
    inner = sketch.nodes[point].distance - 1
    votes = 0
    for arrow in sketch.arrows:
        if point not in (arrow.source, arrow.target):
            continue
        other = arrow.source if arrow.target == point else arrow.target
        if sketch.nodes[other].distance == inner:
            votes += sides[other] or (1 if arrow.target == point else -1)
    return -1 if votes < 0 else 1
