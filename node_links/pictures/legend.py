"""The legend: what the shapes, colours and lines of this picture mean, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from node_links.pictures.labels import clean, shorten, text_width
from node_links.pictures.looks import DASHES, ORIGINS, colour, feature_look
from node_links.pictures.sketch import Sketch

SIZE = 11.0
ROW = 24.0
_SIGN, _GAP = 28.0, 20.0
_WIDEST = 170.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign and what it means: a feature's `symbol`, or a line of a colour and dash.

    The numbers are where it stands, to the pixel.
    """

    label: str
    symbol: str = ""
    colour: str = ""
    dash: str = ""
    x: int = 0
    y: int = 0

    @property
    def width(self) -> float:
        """The room it takes."""
        return _SIGN + text_width(self.label, SIZE)

    @property
    def text_x(self) -> int:
        """Where the words begin."""
        return self.x + int(_SIGN)

    @property
    def text_y(self) -> int:
        """The line that the words stand on."""
        return self.y + 14

    @property
    def line_end(self) -> int:
        """Where the line of a link type ends."""
        return self.x + int(_SIGN) - 8

    @property
    def middle(self) -> int:
        """How high it stands."""
        return self.y + 10


def make_legend(sketch: Sketch) -> list[Entry]:
    """Return features, link types and, where there are others than `manual`, origins."""
    looks = {look.symbol: look for look in (feature_look(node.feature) for node in sketch.nodes)}
    types = {arrow.link.link_type: colour(arrow.link.color) for arrow in sketch.arrows}
    origins = {arrow.link.origin for arrow in sketch.arrows}
    entries = [Entry(look.label, symbol=symbol) for symbol, look in sorted(looks.items())]
    for name, shade in sorted(types.items()):
        entries.append(Entry(shorten(clean(name), _WIDEST, SIZE), colour=shade))
    if origins - {"manual"}:
        known = [origin for origin in DASHES if origin in origins]
        entries += [Entry(ORIGINS[o], colour="currentColor", dash=DASHES[o]) for o in known]
    return entries


def place_legend(
    entries: Sequence[Entry], *, left: float, top: float, width: float
) -> tuple[list[Entry], float]:
    """Return the entries in rows of at most `width` pixels, and how high they are together."""
    placed: list[Entry] = []
    x, y = left, top
    for entry in entries:
        if placed and x > left and x + entry.width > left + width:
            x, y = left, y + ROW
        placed.append(replace(entry, x=round(x), y=round(y)))
        x += entry.width + _GAP
    return placed, (y - top + ROW if placed else 0.0)
