"""The bars of a lane: one for each try, and paler ones for the times between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from node_links.pictures.labels import clean
from spindles.choices import OPEN, AttemptStatus, StepStatus
from spindles.pictures.durations import in_words
from spindles.pictures.looks import STATES, look, state_of_try
from spindles.pictures.scale import Scale
from spindles.pictures.timed import TimedRun, TimedStep, Try

ROW = 24.0
QUEUE = "rnp-queue"
"""The look of a time in which nothing but a worker, a slot or the next try was missing."""
_HIGH, _LOW, _THIN = 12.0, 6.0, 2.0
_LEAST_WIDTH = 2.5
_ITEM_LANES, _ITEM_HIGH = 4, 3.0
# Shorter times between two tries, or before the first, are not seen.
_LEAST_GAP = 3.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its class says what it means, its hint what happened and when."""

    look: str
    x: str
    y: str
    width: str
    height: str
    hint: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Where moments lie: `zero` is the beginning of the axis, `now` what the time is."""

    scale: Scale
    zero: datetime
    now: datetime

    def x(self, moment: datetime) -> float:
        """Return where a moment lies, in pixels."""
        return self.scale.x((moment - self.zero).total_seconds())


def step_bars(step: TimedStep, clock: Clock, y: float) -> list[Bar]:
    """Return the bars of a step whose lane has its middle at `y`.

    Of one that closes a part of the plan that is how long the part was open.
    """
    if step.opened_at is not None:
        hint = f"{clean(step.name)} · {length_of(step, clock.now)}"
        name, end = f"rnp-part {look(step.status)}", step.end or clock.now
        return [_span(name, step.opened_at, end, clock, y, _LOW, hint)]
    return [*_between(step, clock, y), *(_try(step, one, clock, y) for one in step.tries)]


def item_bars(items: Sequence[TimedStep], clock: Clock, y: float) -> list[Bar]:
    """Return thin bars of all items in one lane, side by side where they ran at once."""
    bars: list[Bar] = []
    free = [0.0] * _ITEM_LANES
    tries = sorted(
        ((one.begin, item, one) for item in items for one in item.tries), key=lambda three: three[0]
    )
    for begin, item, one in tries:
        left = clock.x(begin)
        right = max(clock.x(_end(one, clock)), left + _LEAST_WIDTH)
        place = next((n for n, until in enumerate(free) if until <= left), free.index(min(free)))
        free[place] = right
        top = y - _ITEM_LANES * _ITEM_HIGH / 2 + place * _ITEM_HIGH
        bars.append(
            _bar(_look(one), left, right, top, _ITEM_HIGH - 0.6,
                 _hint(item, one, clock))
        )  # fmt: skip
    return bars


def run_bars(run: TimedRun, clock: Clock, y: float) -> list[Bar]:
    """Return how long a run was queued, and how long it then took."""
    end = run.ended_at or clock.now
    begun = run.started_at or end
    bars = []
    if clock.x(begun) - clock.x(run.created_at) >= _LEAST_GAP:
        hint = f"Queued for {_length(run.created_at, begun)}"
        bars.append(_span(QUEUE, run.created_at, begun, clock, y, _THIN, hint))
    if run.started_at is not None:
        words = STATES.get(run.status, run.status).lower()
        hint = f"{clean(run.name)} · {words} · {_length(begun, end)}"
        bars.append(_span(f"rnp-run {look(run.status)}", begun, end, clock, y, _LOW, hint))
    return bars


def length_of(step: TimedStep, now: datetime) -> str:
    """Return how long a step took or takes, '' for one that did not begin."""
    if step.begin is None:
        return ""
    until = now if step.opened_at else step.tries[-1].end or now
    words = _length(step.begin, step.end or until)
    return f"{words} · {len(step.tries)} tries" if len(step.tries) > 1 else words


def length_of_run(run: TimedRun, now: datetime) -> str:
    """Return how long a run took or takes, '' for one that did not begin."""
    return _length(run.started_at, run.ended_at or now) if run.started_at else ""


def _between(step: TimedStep, clock: Clock, y: float) -> Iterator[Bar]:
    """Yield what lies before, between and after the tries."""
    if not step.tries or step.begin is None:
        return
    if step.ready_at is not None and clock.x(step.begin) - clock.x(step.ready_at) >= _LEAST_GAP:
        hint = f"Ready, waited {_length(step.ready_at, step.begin)} for a free worker"
        yield _span(QUEUE, step.ready_at, step.begin, clock, y, _THIN, hint)
    for one, other in zip(step.tries, step.tries[1:], strict=False):
        if one.end is not None and one.end < other.begin:
            hint = f"{_length(one.end, other.begin)} until try {other.number}"
            yield _span(QUEUE, one.end, other.begin, clock, y, _THIN, hint)
    last = step.tries[-1].end
    if step.status == StepStatus.PENDING and last is not None and last < clock.now:
        hint = f"To be tried again, for {_length(last, clock.now)} now"
        yield _span(QUEUE, last, clock.now, clock, y, _THIN, hint)


def _try(step: TimedStep, one: Try, clock: Clock, y: float) -> Bar:
    return _span(f"rnp-try {_look(one)}", one.begin, _end(one, clock), clock, y, _HIGH,
                 _hint(step, one, clock))  # fmt: skip


def _look(one: Try) -> str:
    return look(state_of_try(one.status)) + (" rnp-waited" if one.waited else "")


def _hint(step: TimedStep, one: Try, clock: Clock) -> str:
    words = [clean(step.name) or clean(step.id)]
    if one.number > 1 or len(step.tries) > 1:
        words.append(f"try {one.number}")
    words.append("waited" if _only_waited(one) else AttemptStatus(one.status).label.lower())
    if one.waited:
        words.append(clean(step.note))
    if one.error:
        words.append(clean(one.error))
    words.append(_length(one.begin, _end(one, clock)))
    words.append(f"from {one.begin.astimezone(UTC):%H:%M:%S} UTC")
    return " · ".join(filter(None, words))


def _only_waited(one: Try) -> bool:
    return one.waited and one.status in (AttemptStatus.RUNNING, AttemptStatus.SUCCESS)


def _end(one: Try, clock: Clock) -> datetime:
    return one.end or max(clock.now, one.begin)


def _length(begin: datetime, end: datetime) -> str:
    return in_words(max((end - begin).total_seconds(), 0))


def _span(
    name: str, begin: datetime, end: datetime, clock: Clock, y: float, height: float, hint: str
) -> Bar:
    return _bar(name, clock.x(begin), clock.x(end), y - height / 2, height, hint)


def _bar(name: str, left: float, right: float, top: float, height: float, hint: str) -> Bar:
    width = max(right - left, _LEAST_WIDTH)
    return Bar(name, f"{left:.1f}", f"{top:.1f}", f"{width:.1f}", f"{height:.1f}", hint)


def is_open(run: TimedRun) -> bool:
    """Whether a run has not ended."""
    return run.status in OPEN
