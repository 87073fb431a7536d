"""Steps that wait."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from spindles.registry.kinds import Expression, step_kinds
from spindles.registry.results import AwaitEvent, Sleep
from tests.spindles.steps.running import run_step


@pytest.mark.parametrize("seconds", [0, 1.5, "${{ inputs.s }}", 31_622_400])
def test_a_delay_sleeps_for_some_seconds(seconds: Any) -> None:
    expected = 7200.0 if isinstance(seconds, str) else float(seconds)

    assert run_step("delay", {"seconds": seconds}, inputs={"s": 7200}) == Sleep(seconds=expected)


def test_a_delay_sleeps_until_a_moment() -> None:
    moment = datetime(2030, 1, 2, 1, 4, 5, tzinfo=UTC)

    assert run_step("delay", {"until": "2030-01-02T03:04:05+02:00"}) == Sleep(until=moment)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"seconds": 1, "until": "2030-01-02T03:04:05Z"},
        {"seconds": -1},
        {"seconds": 31_622_401},
        {"seconds": float("inf")},
        {"until": "2030-01-02T03:04:05"},
        {"until": "tomorrow"},
        {"seconds": 1, "hours": 2},
    ],
)
def test_a_delay_without_a_clear_end_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_step("delay", params)


def test_an_event_is_waited_for() -> None:
    params = {
        "event_type": "${{ inputs.type }}",
        "match": "event.data.n == inputs.n",
        "expires_after": 60,
    }

    assert run_step("wait_event", params, inputs={"type": "OrderPaid"}) == AwaitEvent(
        event_type="OrderPaid", match="event.data.n == inputs.n", expires_after=60
    )
    assert run_step("wait_event", {"event_type": "OrderPaid"}) == AwaitEvent("OrderPaid")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"event_type": ""},
        {"event_type": "A", "expires_after": 0},
        {"event_type": "A", "expires_after": 31_622_401},
        {"event_type": "A", "match": ""},
    ],
)
def test_an_event_that_is_not_said_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_step("wait_event", params)


def test_the_match_has_the_event_as_a_variable() -> None:
    kind = step_kinds.get("wait_event")
    assert kind is not None

    assert list(kind.expressions({"match": "event.data.n == 1"})) == [
        Expression("/match", "event.data.n == 1", frozenset({"event"}))
    ]
    assert list(kind.expressions({})) == []


def test_waiting_is_answered_from_the_recording_where_it_was_for_something_outside() -> None:
    kinds = {name: step_kinds.get(name) for name in ("delay", "wait_event")}

    assert {name: kind.has_effect for name, kind in kinds.items() if kind} == {
        "delay": False,
        "wait_event": True,
    }
