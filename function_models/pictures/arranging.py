"""Boxes at the places where somebody drew them, as far apart as they need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from node_links.pictures.boxes import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_MOST_STRETCH, _LEAST_STRETCH = 4.0, 0.3
# A sheet with more air than this is better laid out anew.
_MOST_AIR = 12.0
_FEW = 4
# Each pair is looked at.
_MOST_BOXES = 1500

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The boxes, and how far positions are stretched across and down."""

    boxes: Sequence[Box]
    stretch: Pair

    def place(self, position: Pair, size: Pair) -> Box:
        """Return a box of that size at a position, stretched as the others are."""
        left, top = position[0] * self.stretch[0], position[1] * self.stretch[1]
        return Box(left + size[0] / 2, top + size[1] / 2, *size)


def arrange(positions: Sequence[Pair], sizes: Sequence[Pair], *, gap: Pair) -> Arrangement | None:
    """Return boxes at `positions` (of their upper left corners, in pixels), without overlaps.

    Everything is stretched or shrunk by one factor across and one down, the least with which all
    boxes stand `gap` pixels apart, so who stands left of or above whom stays. Returns None where
    the positions say too little: several at one place, far too near or far too scattered.
    """
    import numpy as np  # loaded where it is used: most requests draw nothing

    places = np.array(positions, dtype=np.float64).reshape(-1, 2)
    room = np.array(sizes, dtype=np.float64).reshape(-1, 2)
    crowd = len(places) > _MOST_BOXES
    stretch = None if crowd else _stretch(places, room + np.array(gap))
    if stretch is None:
        return None
    found = Arrangement([], stretch)
    boxes = [found.place(position, size) for position, size in zip(positions, sizes, strict=True)]
    corners = places * np.array(stretch)
    sheet = float(np.prod((corners + room).max(axis=0) - corners.min(axis=0)))
    if len(boxes) > _FEW and not sheet <= _MOST_AIR * float(np.prod(room, axis=1).sum()):
        return None
    return Arrangement(boxes, stretch)


def _stretch(places: "Numbers", room: "Numbers") -> Pair | None:
    """Return the least factors: each two boxes part in the direction that needs less."""
    import numpy as np

    if len(places) < 2:  # noqa: PLR2004 -- one box stands where it stands
        return 1.0, 1.0
    ones, others = np.triu_indices(len(places), k=1)
    apart = places[others] - places[ones]
    # The one that stands first, left or above, needs its own room.
    needed = np.where(apart >= 0, room[ones], room[others])
    with np.errstate(divide="ignore", over="ignore"):  # boxes that all but stand on each other
        factors = needed / np.abs(apart)
    across = factors[:, 0] <= factors[:, 1]
    least = [
        float(values.max()) if len(values) else 1.0
        for values in (factors[across, 0], factors[~across, 1])
    ]
    if max(least) > _MOST_STRETCH:
        return None
    return max(least[0], _LEAST_STRETCH), max(least[1], _LEAST_STRETCH)
