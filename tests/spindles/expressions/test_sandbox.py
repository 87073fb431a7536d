"""The process that evaluates what nobody can bound beforehand."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from config.exceptions import PerformanceException
from spindles.expressions import confinement
from spindles.expressions.confinement import Exceeded, Sandbox
from spindles.expressions.framing import read_frame, write_frame
from spindles.expressions.sandbox import answer_requests, serve

ENDLESS = "l.all(x, l.all(y, l.all(z, x + y + z >= 0)))"


def ask(
    *requests: dict[str, Any], through: Callable[[int, int], None] = serve
) -> list[dict[str, Any]]:
    """Return the answers to some requests that came together."""
    reading, asking = os.pipe()
    answering, writing = os.pipe()
    for request in requests:
        write_frame(asking, orjson.dumps(request))
    os.close(asking)
    through(reading, writing)
    os.close(writing)
    answers = []
    while (answer := read_frame(answering)) is not None:
        answers.append(orjson.loads(answer))
    os.close(reading)
    os.close(answering)
    return answers


def test_requests_are_answered_in_their_order() -> None:
    assert ask(
        {"text": "l.map(x, x + 1)", "variables": {"l": [1, 2]}},
        {"text": "l.all(x, x.missing == 1)", "variables": {"l": [{}]}},
        {"text": ENDLESS, "variables": {"l": list(range(2000))}},
        {"text": "'still ' + 'there'", "variables": {}},
        {"text": ENDLESS, "variables": {"l": list(range(2000))}},
    ) == [
        {"value": [2, 3]},
        {"error": "There is no 'missing'."},
        {"exceeded": True},
        {"value": "still there"},
        {"exceeded": True},
    ]


def test_the_clock_runs_only_while_a_request_is_at_work() -> None:
    asked = bytearray(1)

    answers = ask(
        {"text": "a + 1", "variables": {"a": 1}},
        {"text": "a", "variables": {}},
        through=lambda reading, writing: answer_requests(reading, writing, asked),
    )

    assert answers[0] == {"value": 2}
    assert answers[1]["error"].startswith("Undefined variable or function: 'a'")
    assert asked == b"\0"
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_a_sandbox_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "PATIENCE", 0.0)
    own = Sandbox()

    with pytest.raises(PerformanceException):
        own.evaluate("1 + 1", {})

    monkeypatch.setattr(confinement, "PATIENCE", 30.0)
    assert own.evaluate("1 + 1", {}) == {"value": 2}
    own.close()


def test_a_sandbox_that_cannot_be_started_says_nothing_of_the_expression(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(confinement, "_ROOT", tmp_path / "gone")

    with pytest.raises(PerformanceException):
        Sandbox().evaluate("1 + 1", {})


def test_a_sandbox_that_is_ended_in_between_is_replaced() -> None:
    own = Sandbox()
    assert own.evaluate("a + 1", {"a": 1}) == {"value": 2}
    process = own._process
    assert process is not None
    for child in psutil.Process(process.pid).children():
        child.kill()

    assert own.evaluate("a + 1", {"a": 2}) == {"value": 3}
    own.close()


def test_many_evaluations_use_one_process() -> None:
    own = Sandbox()
    assert own.evaluate("1 + 1", {}) == {"value": 2}
    process = own._process

    with pytest.raises(Exceeded):
        own.evaluate(ENDLESS, {"l": list(range(2000))})
    assert own.evaluate("l.size()", {"l": [0] * 100_000}) == {"value": 100_000}

    assert own._process is process
    own.close()
