"""Runs come to their right end whatever happens to those who do them."""

import time
from collections.abc import Iterator
from functools import partial
from random import Random
from statistics import median
from typing import Any

import pytest

from tests.faults.installation import Installation, eventually
from tests.faults.runners import Runners, runners

KILLS = 5
LEASE = 3.0


def tell(figure: str) -> None:
    """Show a figure to whoever runs the tests with `-s`."""
    print(f"\n{figure}")  # noqa: T201 - what it is for


def step(step_id: str, kind: str, *depends_on: str, **more: Any) -> dict[str, Any]:
    """Return a step of a plan, as it is told to whoever starts runs."""
    return {"step_id": step_id, "kind": kind, "depends_on": depends_on, **more}


def acting(step_id: str, *depends_on: str, seconds: float = 0.05, **more: Any) -> dict[str, Any]:
    """Return a step that acts, and takes so long."""
    return step(step_id, "act", *depends_on, params={"seconds": seconds}, **more)


DIAMOND = (
    step("begin", "noop"),
    acting("a", "begin"),
    acting("b", "a"),
    acting("c", "a"),
    step("end", "transform", "b", "c", params={"value": "${{ steps.b.output.key }}"}),
)


@pytest.fixture(scope="module")
def workers(installation: Installation) -> Iterator[Runners]:
    """Return somebody who starts workers and runs."""
    with runners(installation) as running:
        yield running


@pytest.fixture(autouse=True)
def _nobody_left(workers: Runners) -> Iterator[None]:
    yield
    workers.stop()


def test_a_thousand_runs_that_were_started_while_nobody_worked_all_end(workers: Runners) -> None:
    quick = (step("a", "noop"), step("b", "transform", "a", params={"value": 1}))
    runs = workers.run(*quick, count=1000)
    assert workers.open(runs) == 1000
    began = time.monotonic()
    workers.start("one", "two")
    workers.wait(runs, 120)
    tell(f"1000 queued runs took {time.monotonic() - began:.1f} s, the workers' start included")
    assert workers.statuses(runs) == {"completed": 1000}


def test_workers_are_killed_at_random_and_nothing_committed_runs_again(workers: Runners) -> None:
    chance = Random(20)
    workers.start("one", "two", "three")
    runs = workers.run(*DIAMOND, count=110)
    for number in range(KILLS):
        enough = min(12 * (number + 1), 100)
        eventually(partial(workers.has_ended, runs, enough))
        workers.kill(chance.choice(workers.names))
        workers.start(f"fresh {number}")
    workers.wait(runs)

    assert workers.statuses(runs) == {"completed": 110}
    workers.assert_done_once(runs)
    waits = workers.seconds_to_take_over(runs)
    assert waits, "Nobody was killed at work."
    tell(f"{len(waits)} steps taken over: {median(waits):.1f} s at the median, {waits[-1]:.1f} s")
    assert median(waits) < LEASE + 5
