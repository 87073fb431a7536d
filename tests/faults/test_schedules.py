"""Schedules with two beats and two workers: every planned time starts one run."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.faults.installation import Installation, eventually

SPINDLES, ROUNDS = 8, 3
ONCE_A_YEAR = {"kind": "schedule", "id": "yearly", "cron": "0 3 1 1 *", "catch_up": "all"}
DUE_SOON = """
UPDATE spindle_triggers SET next_at = date_trunc('second', clock_timestamp()) + interval '2 seconds'
WHERE spindle_id = ANY(%s::uuid[])
"""
FIRED = """
SELECT spindle_id, planned_at, count(*), count(DISTINCT execution_id) FROM trigger_firings
WHERE spindle_id = ANY(%s::uuid[]) AND outcome = 'started' GROUP BY 1, 2
"""
RUNS = "SELECT count(*) FROM executions WHERE source_id = ANY(%s::uuid[])"


@pytest.fixture
def _second_ones(installation: Installation) -> Iterator[None]:
    """One more beat, and one more worker for what they ask for."""
    for kind in ("beat", "worker"):
        installation.start_as(f"second {kind}", kind, {})
    yield
    for kind in ("beat", "worker"):
        installation.kill(f"second {kind}")


def _published(installation: Installation, number: int) -> str:
    spindle: dict[str, Any] = {
        "name": f"Yearly {number}",
        "steps": [{"id": "only", "kind": "noop"}],
        "triggers": [ONCE_A_YEAR],
    }
    status, made = installation.ask("writer", "POST", "/api/v1/spindles/", spindle)
    assert status == 201, made
    address = f"/api/v1/spindles/{made['id']}/publish/"
    status, told = installation.ask("writer", "POST", address, {})
    assert status == 200, told
    return str(made["id"])


def _have_fired(installation: Installation, spindles: list[str], times: int) -> bool:
    return len(installation.rows(FIRED, spindles)) >= times * len(spindles)


@pytest.mark.usefixtures("_second_ones")
def test_with_two_beats_and_two_workers_a_planned_time_fires_once(
    installation: Installation,
) -> None:
    spindles = [_published(installation, number) for number in range(SPINDLES)]
    for round_ in range(1, ROUNDS + 1):
        installation.act(DUE_SOON, spindles)
        eventually(partial(_have_fired, installation, spindles, round_))
    fired = installation.rows(FIRED, spindles)
    assert [row[2:] for row in fired] == [(1, 1)] * (SPINDLES * ROUNDS)
    assert installation.rows(RUNS, spindles) == [(SPINDLES * ROUNDS,)]
    assert installation.dead() == []
