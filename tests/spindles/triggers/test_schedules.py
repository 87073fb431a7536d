"""When schedules fall due, around daylight saving above all."""

from datetime import UTC, datetime, timedelta

import pytest

from spindles.triggers.schedules import (
    ScheduleError,
    check_cron,
    check_timezone,
    latest_time,
    next_time,
    upcoming,
)

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "cron", "after", "planned"),
    [
        # 29 March 2026, Berlin: 02:00 becomes 03:00 at 01:00 UTC.
        (BERLIN, "30 2 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
        (BERLIN, "0,30 2 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
        (BERLIN, "0 2,3 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
        (BERLIN, "30 2 * * *", "2026-03-29T01:00", ["2026-03-30T00:30", "2026-03-31T00:30"]),
        # 8 March 2026, New York: 02:00 becomes 03:00 at 07:00 UTC.
        (NEW_YORK, "30 2 * * *", "2026-03-07T12:00", ["2026-03-08T07:00", "2026-03-09T06:30"]),
    ],
)
def test_a_time_of_day_that_is_skipped_runs_once_right_after_the_gap(
    zone: str, cron: str, after: str, planned: list[str]
) -> None:
    assert upcoming(cron, zone, after=at(after), count=2) == [at(one) for one in planned]


@pytest.mark.parametrize(
    ("zone", "cron", "after", "planned"),
    [
        # 25 October 2026, Berlin: 02:30 is at 00:30 UTC and again at 01:30 UTC.
        (BERLIN, "30 2 * * *", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        (BERLIN, "30 2 * * *", "2026-10-25T00:30", ["2026-10-26T01:30", "2026-10-27T01:30"]),
        (BERLIN, "30 2 * * *", "2026-10-25T01:15", ["2026-10-26T01:30", "2026-10-27T01:30"]),
        # 1 November 2026, New York: 01:30 is at 05:30 UTC and again at 06:30 UTC.
        (NEW_YORK, "30 1 * * *", "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
        (NEW_YORK, "30 1 * * *", "2026-11-01T06:10", ["2026-11-02T06:30", "2026-11-03T06:30"]),
    ],
)
def test_a_time_of_day_that_comes_twice_runs_once(
    zone: str, cron: str, after: str, planned: list[str]
) -> None:
    assert upcoming(cron, zone, after=at(after), count=2) == [at(one) for one in planned]


def test_what_runs_every_quarter_of_an_hour_follows_the_clock_on_the_wall() -> None:
    spring = upcoming("*/15 * * * *", BERLIN, after=at("2026-03-29T00:40"), count=3)
    autumn = upcoming("0 * * * *", BERLIN, after=at("2026-10-24T23:30"), count=4)

    assert spring == [at(f"2026-03-29T{one}") for one in ("00:45", "01:00", "01:15")]
    assert autumn == [at(f"2026-10-25T0{hour}:00") for hour in range(4)]


def test_working_days_are_those_of_the_time_zone() -> None:
    # Sunday evening in UTC is Monday morning in Auckland.
    due = next_time("0 7 * * MON", "Pacific/Auckland", after=at("2026-06-28T12:00"))

    assert due == at("2026-06-28T19:00")


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, "UTC", "Asia/Kolkata", "Australia/Lord_Howe"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 1-3 * * *", "0 */2 * * *", "15 2 29 * 0"])
def test_planned_times_rise_strictly_and_do_not_depend_on_where_one_begins(
    zone: str, cron: str
) -> None:
    begin = at("2026-10-20T00:07")
    planned = upcoming(cron, zone, after=begin, count=60)

    assert planned == sorted(set(planned))
    assert all(one > begin for one in planned)
    for here, following in zip(planned, planned[1:], strict=False):
        assert next_time(cron, zone, after=here) == following


@pytest.mark.parametrize(
    ("cron", "until", "latest"),
    [
        ("0 6 * * *", "2026-03-05T05:00", "2026-03-04T06:00"),
        ("0 6 * * *", "2026-03-01T06:00", "2026-03-01T06:00"),
        ("* * * * *", "2027-03-01T00:00", "2027-03-01T00:00"),
        ("0 6 1 3 *", "2029-01-01T00:00", "2028-03-01T06:00"),
        ("0 6 1 3 *", "2026-08-01T00:00", "2026-03-01T06:00"),
    ],
)
def test_the_latest_planned_time_is_found_however_long_nobody_looked(
    cron: str, until: str, latest: str
) -> None:
    found = latest_time(cron, "UTC", first=at("2026-03-01T06:00"), until=at(until))

    assert found == at(latest)


def test_a_schedule_is_kept_with_single_blanks() -> None:
    assert check_cron("  0   6 *  *   MON-FRI ") == "0 6 * * MON-FRI"
    assert check_timezone("Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "0 * * * * *", "60 * * * *", "0 24 * * *", "0 0 31 2 *", "@daily"]
)
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(ScheduleError):
        check_cron(cron)


@pytest.mark.parametrize("zone", ["Berlin", "", "Mars/Olympus", "../etc/passwd", "+02:00"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ScheduleError):
        check_timezone(zone)


def test_a_leap_day_is_waited_for() -> None:
    due = next_time("0 12 29 2 *", "UTC", after=at("2026-03-01T00:00"))

    assert due == at("2028-02-29T12:00")
    assert due - at("2026-03-01T00:00") > timedelta(days=700)
