"""The timeline of a run: what ran when, how long, how often, and what it waited for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from node_links.pictures.labels import clean, shorten, text_width
from node_links.pictures.legend import Entry, place_legend
from node_links.pictures.marks import Line
from node_links.pictures.picture import Picture, fill
from spindles.pictures.bars import (
    QUEUE,
    ROW,
    Bar,
    Clock,
    is_open,
    item_bars,
    length_of,
    length_of_run,
    run_bars,
    step_bars,
)
from spindles.pictures.durations import in_words
from spindles.pictures.lanes import Lane, make_lanes, name_of, states_in
from spindles.pictures.looks import PREFIX, STATES, look, state_entries, state_of_try
from spindles.pictures.scale import Scale, Tick, make_scale
from spindles.pictures.styles import STYLES
from spindles.pictures.timed import TimedRun

WIDTH = 960.0
_MARGIN = 24.0
_HEADING = 48.0
_AXIS = 24.0
_NAME, _SMALL = 12.0, 10.5
_BOLD = 1.07
_INDENT, _SIGN = 16.0, 22.0
_GUTTER = (150.0, 330.0)
# Room for how long the last step took, behind its bar.
_TAIL = 86.0
# Half of the word at the line of now.
_NOW = 16.0
_LEAST_SECONDS = 0.001
_TEMPLATE = "pictures/run_timeline.svg"


@dataclass(frozen=True, slots=True)
class LaneMark:
    """A lane as the template shows it."""

    classes: str
    top: str
    sign: str
    sign_x: str
    sign_y: str
    label: Line
    hint: str
    bars: Sequence[Bar]
    note: Line | None


@dataclass(frozen=True, slots=True)
class CutMark:
    """Where the axis passes over a time; the band is as wide as its two lines are apart."""

    x: str
    left: str
    right: str
    label: str


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The lanes on the clock, the widths of both sides, and where the lanes begin."""

    lanes: Sequence[Lane]
    clock: Clock
    gutter: float
    top: float

    @property
    def bottom(self) -> float:
        """Where the last lane ends."""
        return self.top + len(self.lanes) * ROW


def draw_timeline(*, run: TimedRun, now: datetime, headed: bool = True) -> Picture:
    """Return the picture of a run as it stands at `now`, the same for the same run and moment.

    Without `headed` the title is there for those who listen only, for a page that has its own.
    """
    sheet = _measure(run, now, headed=headed)
    marks = [_lane(lane, sheet, number) for number, lane in enumerate(sheet.lanes)]
    legend, legend_height = place_legend(
        _legend(sheet.lanes, marks, run),
        left=_MARGIN,
        top=sheet.bottom + 16,
        width=WIDTH - 2 * _MARGIN,
    )
    scale = sheet.clock.scale
    return fill(
        _TEMPLATE,
        *STYLES,
        width=round(WIDTH),
        height=round(sheet.bottom + 16 + legend_height + _MARGIN / 2),
        title=f"Timeline of {name_of(run)}",
        heading=shorten(name_of(run), WIDTH - 2 * _MARGIN, 16) if headed else "",
        summary=summarise(run, now),
        plot=f"{scale.pieces[0].left:.1f}",
        rule=round(WIDTH - _MARGIN),
        axis_y=round(sheet.top - 9),
        top=f"{sheet.top - 4:.1f}",
        bottom=f"{sheet.bottom:.1f}",
        ticks=[(f"{tick.x:.1f}", tick.label) for tick in _apart(scale, open=is_open(run))],
        cuts=_cuts(scale),
        lanes=marks,
        now=f"{sheet.clock.x(now):.1f}" if is_open(run) else "",
        legend=legend,
    )


def summarise(run: TimedRun, now: datetime) -> str:
    """Return the state of a run in one line."""
    state = STATES.get(run.status, run.status).lower()
    if is_open(run) and run.started_at is None:
        state = "queued"
    took = length_of_run(run, now)
    ended = "in" if run.ended_at else "for"
    parts = [f"{state} {ended} {took}" if took else state]
    if run.total:
        parts.append(f"{run.settled:,} of {run.total:,} step{'s' if run.total != 1 else ''}")
    begun = run.started_at or run.created_at
    parts += [run.environment, f"began {begun.astimezone(UTC):%d %b %Y, %H:%M:%S} UTC"]
    return " · ".join(filter(None, parts))


def _measure(run: TimedRun, now: datetime, *, headed: bool) -> _Sheet:
    lanes = make_lanes(run)
    widest = max(_left(lane) + text_width(lane.label, _NAME) * _BOLD for lane in lanes)
    gutter = min(max(widest - _MARGIN + 6, _GUTTER[0]), _GUTTER[1])
    zero = run.created_at
    end = run.ended_at or now
    length = max((end - zero).total_seconds(), _LEAST_SECONDS)
    busy = [
        ((one.begin - zero).total_seconds(), ((one.end or end) - zero).total_seconds())
        for one in run.tries
        if not one.waited
    ]
    scale = make_scale(
        length, [(max(b, 0.0), min(max(b, e), length)) for b, e in busy if b < length],
        left=_MARGIN + gutter + 12, right=WIDTH - _MARGIN - _TAIL,
    )  # fmt: skip
    top = _MARGIN + (_HEADING if headed else 0) + _AXIS
    return _Sheet(lanes, Clock(scale, zero, end), gutter, top)


def _left(lane: Lane) -> float:
    signed = lane.step is not None or lane.heads is not None
    return _MARGIN + lane.depth * _INDENT + (_SIGN if signed or lane.items else 0)


def _lane(lane: Lane, sheet: _Sheet, number: int) -> LaneMark:
    top = sheet.top + number * ROW
    middle = top + ROW / 2
    left = _left(lane)
    size = _NAME * (_BOLD if lane.heads else 1)
    status = lane.heads.status if lane.heads else lane.step.status if lane.step else ""
    bars = _bars(lane, sheet.clock, middle)
    words, hint = _words(lane, sheet.clock.now)
    room = _MARGIN + sheet.gutter - left
    note = None
    if words:
        x = max((float(b.x) + float(b.width) for b in bars),
                default=sheet.clock.scale.pieces[0].left)  # fmt: skip
        note = Line(shorten(words, WIDTH - _MARGIN - x - 6, _SMALL), f"{x + 6:.1f}",
                    f"{middle + 3.6:.1f}")  # fmt: skip
    kind = "run" if lane.heads else "step" if lane.step else "items" if lane.items else "more"
    return LaneMark(
        classes=f"rnp-lane rnp-lane-{kind}",
        top=f"{top:.1f}",
        sign=look(status) if status else "",
        sign_x=f"{left - _SIGN - 1:.1f}",
        sign_y=f"{middle - 10:.1f}",
        label=Line(shorten(lane.label, room, size), f"{left:.1f}", f"{middle + 4:.1f}"),
        hint=hint,
        bars=bars,
        note=note,
    )


def _bars(lane: Lane, clock: Clock, middle: float) -> list[Bar]:
    if lane.heads:
        return run_bars(lane.heads, clock, middle)
    if lane.step:
        return step_bars(lane.step, clock, middle)
    return item_bars(lane.items, clock, middle)


def _words(lane: Lane, now: datetime) -> tuple[str, str]:
    """Return what stands behind the bars of a lane, and everything about it."""
    if lane.heads:
        return length_of_run(lane.heads, now), f"{lane.label} · {summarise(lane.heads, now)}"
    step = lane.step
    if step is None:
        return "", lane.label
    state = STATES.get(step.status, step.status).lower()
    took, told = length_of(step, now), (lane.label, clean(step.kind), state, clean(step.note))
    words = took or " · ".join(filter(None, (state, clean(step.note))))
    return words, " · ".join(filter(None, (*told, took)))


def _legend(lanes: Sequence[Lane], marks: Sequence[LaneMark], run: TimedRun) -> list[Entry]:
    tries = list(run.tries)
    states = {*states_in(lanes), *(state_of_try(one.status) for one in tries if not one.waited)}
    states |= {lane.heads.status for lane in lanes if lane.heads}
    entries = state_entries(states)
    if any(one.waited for one in tries):
        entries.append(Entry("Time spent waiting", symbol=f"{PREFIX}wait"))
    if any(bar.look == QUEUE for mark in marks for bar in mark.bars):
        entries.append(Entry("Ready, or between tries", symbol=f"{PREFIX}idle"))
    return entries


def _apart(scale: Scale, *, open: bool) -> list[Tick]:
    """Return the ticks whose labels run neither into the one before nor into that of now."""
    kept: list[Tick] = []
    free, last = 0.0, scale.right - _NOW if open else WIDTH
    for tick in scale.ticks():
        half = text_width(tick.label, _SMALL) / 2
        if not kept or free < tick.x - half and tick.x + half < last:
            kept.append(tick)
            free = tick.x + half + 6
    return kept


def _cuts(scale: Scale) -> list[CutMark]:
    marks = []
    for piece in scale.pieces:
        if piece.cut:
            x = (piece.left + piece.right) / 2
            marks.append(
                CutMark(f"{x:.1f}", f"{x - 3:.1f}", f"{x + 3:.1f}",
                        in_words(piece.end - piece.begin))
            )  # fmt: skip
    return marks
