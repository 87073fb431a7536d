"""Calls to a service are spaced out over all processes."""

import uuid

import pytest

from config import valkey
from config.resilience import Pace


def new_pace(per_minute: int, service: str | None = None) -> tuple[Pace, list[float]]:
    slept: list[float] = []
    pace = Pace(service or uuid.uuid4().hex, per_minute=per_minute, sleep=slept.append)
    return pace, slept


def test_the_first_call_goes_at_once_and_each_next_one_waits_a_slot_longer() -> None:
    pace, slept = new_pace(60)

    waits = [pace.wait() for _ in range(3)]

    assert waits[0] == 0
    assert waits[1] == pytest.approx(1, abs=0.2)
    assert waits[2] == pytest.approx(2, abs=0.2)
    assert slept == waits[1:]


def test_two_processes_share_the_slots_of_one_service() -> None:
    service = uuid.uuid4().hex
    first, _ = new_pace(60, service)
    second, slept = new_pace(60, service)

    first.wait()
    second.wait()

    assert slept == [pytest.approx(1, abs=0.2)]


def test_without_a_limit_nobody_waits() -> None:
    pace, slept = new_pace(0)

    assert [pace.wait() for _ in range(3)] == [0, 0, 0]
    assert slept == []


def test_without_valkey_nobody_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    pace, slept = new_pace(1)
    pace.wait()
    monkeypatch.setattr(valkey.outage, "_paused_until", float("inf"))

    assert pace.wait() == 0
    assert slept == []
