"""What `/metrics` says of runs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.metrics import gauge_values
from tests.factories import make_cast
from tests.spindles.stored import make_run


@pytest.mark.django_db
def test_gauges_count_open_runs_and_tell_how_late_the_latest_is() -> None:
    cast = make_cast()
    now = timezone.now()
    make_run(cast.owner, status="running", wake_at=now - timedelta(minutes=5))
    make_run(cast.stranger, status="running", wake_at=now + timedelta(minutes=5))
    make_run(cast.owner, status="pending", queued_at=now)
    make_run(cast.owner, status="paused", wake_at=now - timedelta(hours=5))
    make_run(cast.owner)

    values = gauge_values()

    assert {name: values[f"executions_{name}"] for name in
            ("pending", "running", "paused", "queued", "stuck")} == {
        "pending": 1, "running": 2, "paused": 1, "queued": 1, "stuck": 1,
    }  # fmt: skip
    assert 300 <= values["execution_overdue_seconds"] < 360


@pytest.mark.django_db
def test_nothing_is_late_where_nothing_runs() -> None:
    assert gauge_values()["execution_overdue_seconds"] == 0
