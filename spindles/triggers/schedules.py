"""When a cron expression in a time zone falls due.

Five fields as Debian's cron reads them (crontab(5)). Where daylight saving skips a time of day, the
run comes once, right after the gap; where a time of day comes twice, it runs the first time only.
What is due every hour or every so many minutes (a `*` in its first two fields) follows the clock on
the wall: it neither makes up for the hour that is skipped nor leaves out the one that comes twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

FIELDS = 5
# So far back the latest planned time is looked for first: what runs often is found at once.
_LOOK_BACK = timedelta(days=2)


class ScheduleError(ValueError):
    """A cron expression or a time zone that means nothing."""


def check_cron(cron: str) -> str:
    """Return `cron` with single blanks. Raises `ScheduleError`, also where it never falls due."""
    fields = cron.split()
    if len(fields) != FIELDS:
        raise ScheduleError("A schedule has five fields: minute, hour, day, month, day of week.")
    text = " ".join(fields)
    try:
        due = next(CronSim(text, datetime(2024, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        raise ScheduleError(f"{error}.") from None
    if due is None:
        raise ScheduleError("This schedule never falls due.")
    return text


def check_timezone(name: str) -> str:
    """Return the name of an IANA time zone. Raises `ScheduleError` for anything else."""
    if name not in available_timezones():
        raise ScheduleError("This is no time zone; write one as `Europe/Berlin` or `UTC`.")
    return name


def occurrences(cron: str, timezone: str, *, after: datetime) -> Iterator[datetime]:
    """Yield the planned times later than `after`, in order and in UTC.

    `cron` and `timezone` have been checked.
    """
    # The calculation forgets which of two equal times of day it began at, so what it tells first
    # may lie before that.
    for due in CronSim(cron, after.astimezone(ZoneInfo(timezone))):
        planned = due.astimezone(UTC)
        if planned > after:
            yield planned


def next_time(cron: str, timezone: str, *, after: datetime) -> datetime | None:
    """Return the first planned time later than `after`, in UTC; None where there is none."""
    return next(occurrences(cron, timezone, after=after), None)


def upcoming(cron: str, timezone: str, *, after: datetime, count: int) -> list[datetime]:
    """Return the next `count` planned times, in UTC."""
    return list(islice(occurrences(cron, timezone, after=after), count))


def latest_time(cron: str, timezone: str, *, first: datetime, until: datetime) -> datetime:
    """Return the latest planned time from `first`, which is one, to `until`."""
    latest = first
    near = until - _LOOK_BACK
    if near > first:
        found = next(occurrences(cron, timezone, after=near), None)
        latest = found if found and found <= until else first
    for planned in occurrences(cron, timezone, after=latest):
        if planned > until:
            break
        latest = planned
    return latest
