"""Where nodes stand: rectangles on the sheet, in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its centre."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """The x of the left edge."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """The y of the upper edge."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height / 2

    def moved(self, x: float, y: float) -> "Box":
        """Return the box further right by `x` and further down by `y`."""
        return Box(self.x + x, self.y + y, self.width, self.height)


def around(boxes: Sequence[Box]) -> Box:
    """Return the least box around `boxes`, of which there is at least one."""
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    top, bottom = min(box.top for box in boxes), max(box.bottom for box in boxes)
    return Box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Layout:
    """A box for each point of a sketch.

    `columns`, where the layout has any, says in which column each point stands, the one asked about
    in column 0.
    """

    boxes: Sequence[Box]
    columns: Sequence[int] | None = None

    @property
    def width(self) -> float:
        """How wide the boxes stand, all together."""
        return max(box.right for box in self.boxes) - min(box.left for box in self.boxes)

    @property
    def height(self) -> float:
        """How high the boxes stand, all together."""
        return max(box.bottom for box in self.boxes) - min(box.top for box in self.boxes)

    def placed_at(self, x: float, y: float) -> "Layout":
        """Return the layout with its upper left corner at that place."""
        left = min(box.left for box in self.boxes)
        top = min(box.top for box in self.boxes)
        return Layout([box.moved(x - left, y - top) for box in self.boxes], self.columns)
