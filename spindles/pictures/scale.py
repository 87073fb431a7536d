"""From moments to places: an axis of time that passes over long times in which nothing is at work.

A run that waits three days for a person and works for two seconds would be one line otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from spindles.pictures.durations import in_words

CUT = 46.0
"""How wide a time is that is passed over, in pixels."""
_LEAST_SHARE, _LEAST_TIMES = 0.1, 8.0
_APART = 84.0
_LEAST_PIECE = 30.0
_STEPS = (
    *(digit * 10.0**power for power in range(-3, 1) for digit in (1, 2, 5)),
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0),
    *(21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0, 1_209_600.0),
)

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time in seconds, and from where to where it lies; `cut` if it is passed over."""

    begin: float
    end: float
    left: float
    right: float
    cut: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The pieces from left to right."""

    pieces: Sequence[Piece]

    @property
    def right(self) -> float:
        """Where the axis ends."""
        return self.pieces[-1].right

    def x(self, seconds: float) -> float:
        """Return where a moment lies; one outside of the axis lies at its end."""
        piece = next((one for one in self.pieces if seconds <= one.end), self.pieces[-1])
        length = piece.end - piece.begin
        share = (seconds - piece.begin) / length if length else 0.0
        return piece.left + min(max(share, 0.0), 1.0) * (piece.right - piece.left)

    def ticks(self) -> list[Tick]:
        """Return round moments, far enough apart to be read.

        After a cut the first mark says how late it is, those behind it how much later.
        """
        return [tick for piece in self.pieces if not piece.cut for tick in _ticks(piece)]


def make_scale(length: float, busy: Iterable[Span], *, left: float, right: float) -> Scale:
    """Return the axis of `length` seconds between two places in pixels.

    `busy` are the times in which something is at work; a time without any that is by far longer
    than all of them together is passed over.
    """
    worked = _merged(busy)
    cuts = _cuts(length, worked)
    room = right - left - CUT * len(cuts)
    shown = length - sum(end - begin for begin, end in cuts)
    bounds = sorted({0.0, length, *(moment for cut in cuts for moment in cut)})
    pieces, place = [], left
    for begin, end in pairwise(bounds):
        cut = (begin, end) in cuts
        width = CUT if cut else room * (end - begin) / shown
        pieces.append(Piece(begin, end, place, place + width, cut))
        place += width
    return Scale(pieces)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _cuts(length: float, worked: Sequence[Span]) -> list[Span]:
    total = sum(end - begin for begin, end in worked)
    if not total:
        return []
    least = max(_LEAST_SHARE * length, _LEAST_TIMES * total)
    edges = [0.0, *(moment for span in worked for moment in span), length]
    quiet = list(zip(edges[::2], edges[1::2], strict=True))
    # A little of the silence stays on both sides: what waits is seen to go on.
    margin = total / 10
    return [(begin + margin, end - margin) for begin, end in quiet if end - begin > least]


def _ticks(piece: Piece) -> list[Tick]:
    width, length = piece.right - piece.left, piece.end - piece.begin
    if piece.begin and width < _LEAST_PIECE:
        return []
    wanted = length * _APART / width
    step = next((one for one in _STEPS if one >= wanted), _STEPS[-1])
    ticks = [Tick(piece.left, in_words(piece.begin) if piece.begin else "0")]
    for number in range(1, int(length / step) + 1):
        words = in_words(number * step)
        label = f"+{words}" if piece.begin else words
        ticks.append(Tick(piece.left + number * step / length * width, label))
    return ticks
