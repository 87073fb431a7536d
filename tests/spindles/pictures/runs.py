"""Runs as timelines show them, written down by hand: seconds since a fixed moment."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from spindles.pictures.timed import TimedRun, TimedStep, Try

ZERO = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after the beginning."""
    return ZERO + timedelta(seconds=seconds)


def attempt(
    begin: float,
    end: float | None,
    status: str = "success",
    number: int = 1,
    error: str = "",
    waited: bool = False,
) -> Try:
    """Return a try; without an `end` it is at work."""
    status = status if end is not None else "running"
    return Try(number, status, at(begin), None if end is None else at(end), error, waited)


def step(
    name: str, *tries: Try, status: str = "completed", end: float | None = None, **more: Any
) -> TimedStep:
    """Return a step that settled with its last try unless an `end` is given."""
    last = tries[-1].end if tries else None
    settled = at(end) if end is not None else last
    more.setdefault("kind", "noop")
    more.setdefault("id", name)
    open_ = status in ("running", "waiting", "pending")
    return TimedStep(name=name, status=status, tries=tries, end=None if open_ else settled, **more)


def run(
    *steps: TimedStep, end: float | None = None, status: str = "completed", begin: float = 0,
    name: str = "Answer an incident", **more: Any,
) -> TimedRun:  # fmt: skip
    """Return a run that began with the axis and ended after `end` seconds."""
    settled = sum(one.status not in ("running", "waiting", "pending") for one in steps)
    more.setdefault("created_at", at(begin))
    return TimedRun(
        name=name, version="1.2.0", status=status, started_at=at(begin),
        ended_at=None if end is None else at(end), environment="production", settled=settled,
        total=len(steps), steps=steps, **more,
    )  # fmt: skip


def flaky(name: str, begin: float, *lengths: float, pause: float = 1) -> Sequence[Try]:
    """Return tries of which only the last one succeeds, with pauses between them."""
    tries = []
    for number, length in enumerate(lengths, start=1):
        last = number == len(lengths)
        tries.append(attempt(begin, begin + length, "success" if last else "failed", number,
                             "" if last else "http_503"))  # fmt: skip
        begin += length + pause
    return tries
