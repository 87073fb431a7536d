"""How long deleted models are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from config.exceptions import ValidationFailed
from function_models.retention import days_of, retention_from

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "days"),
    [(None, 365), ("1-day", 1), ("90-days", 90), ("1-year", 365), ("2-years", 730)],
)
def test_a_period_means_days(period: str | None, days: int) -> None:
    assert days_of(period) == days


@pytest.mark.parametrize("period", ["", "0-days", "-1-days", "1.5-years", "2 years", "2-weeks"])
def test_anything_else_is_refused(period: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        days_of(period)

    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [
        ("?retention_period", "invalid_retention_period")
    ]


def test_the_review_comes_thirty_days_before_the_end_and_never_before_the_deletion() -> None:
    long, short = retention_from(MOMENT, 730), retention_from(MOMENT, 7)

    assert long.hard_delete_at - MOMENT == timedelta(days=730)
    assert long.review_at - MOMENT == timedelta(days=700)
    assert (short.review_at, short.hard_delete_at) == (MOMENT, MOMENT + timedelta(days=7))
