"""How long a deleted model is kept: `<n>-day`, `-days`, `-year`, `-years`, a year being 365 days.

When most of the time has passed somebody should look at it once more: 30 days before the end.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.exceptions import ValidationFailed

DEFAULT_DAYS = 365
REVIEW_DAYS_BEFORE = 30
MAX_DAYS = 1_000_000
_PERIOD = re.compile(r"\A([0-9]{1,9})-(day|year)s?\Z")
_DAYS = {"day": 1, "year": 365}


@dataclass(frozen=True, slots=True)
class Retention:
    """What becomes of something deleted: `days` kept, looked at, then gone for good."""

    days: int
    review_at: datetime
    hard_delete_at: datetime


def days_of(period: str | None) -> int:
    """Return the days that `period` means; the default where it is None.

    Raises `ValidationFailed` (`invalid_retention_period`) for anything else.
    """
    if period is None:
        return DEFAULT_DAYS
    match = _PERIOD.match(period)
    days = int(match[1]) * _DAYS[match[2]] if match else 0
    if not 1 <= days <= MAX_DAYS:
        raise ValidationFailed.of(
            "?retention_period",
            "invalid_retention_period",
            f"Write for example 90-days or 2-years; at most {MAX_DAYS} days.",
        )
    return days


def retention_from(deleted_at: datetime, days: int) -> Retention:
    """Return what follows a deletion; the look is never before the deletion itself."""
    hard_delete_at = deleted_at + timedelta(days=days)
    review_at = max(deleted_at, hard_delete_at - timedelta(days=REVIEW_DAYS_BEFORE))
    return Retention(days, review_at, hard_delete_at)
