"""Runs come to their right end whatever happens to those who do them."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import pytest

from tests.faults.hosts import host
from tests.faults.installation import Installation, eventually
from tests.faults.runners import Runners, runners

# So much in every run of the tests; more where the environment asks for it.
KILLS = int(os.environ.get("FAULT_KILLS", "2"))
RUNS = int(os.environ.get("FAULT_RUNS", "30"))
QUEUED = int(os.environ.get("FAULT_QUEUED", "150"))
STEP = """
SELECT status, attempt, worker, output, completed_at FROM execution_steps
WHERE execution_id = %s AND step_id = 'it'
"""
AGAIN = """
SELECT e.step_id FROM step_effects e JOIN execution_steps s USING (execution_id, step_id)
WHERE e.execution_id = ANY(%s) AND e.at > s.completed_at
"""
THRICE = """
SELECT DISTINCT execution_id FROM execution_attempts
WHERE execution_id = ANY(%s) AND status = 'interrupted'
GROUP BY execution_id, step_id HAVING count(*) = 3
"""
LONG = """
SELECT step_id FROM execution_steps WHERE execution_id = ANY(%s)
    AND completed_at NOT BETWEEN clock_timestamp() - interval '10 minutes' AND clock_timestamp()
"""
LEASE = 5.0


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
    acting("a", "begin", seconds=0.15),
    acting("b", "a", seconds=0.15),
    acting("c", "a", seconds=0.15),
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


def test_runs_that_were_started_while_nobody_worked_all_end(workers: Runners) -> None:
    quick = (step("a", "noop"), step("b", "transform", "a", params={"value": 1}))
    runs = workers.run(*quick, count=QUEUED)
    assert workers.open(runs) == QUEUED
    began = time.monotonic()
    workers.start("one", "two")
    workers.wait(runs, 120)
    tell(f"{QUEUED} queued runs took {time.monotonic() - began:.1f} s, the workers' start included")
    assert workers.statuses(runs) == {"completed": QUEUED}


def test_workers_are_killed_at_random_and_nothing_committed_runs_again(workers: Runners) -> None:
    chance = Random(20)
    workers.start("one", "two")
    runs = workers.run(*DIAMOND, count=RUNS)
    for number in range(KILLS):
        enough = (number + 1) * RUNS // (KILLS + 2)
        eventually(partial(workers.has_ended, runs, enough))
        workers.kill_at_work(runs, chance)
        workers.start(f"fresh {number}")
    workers.wait(runs)

    # Who was at a step when three workers died has failed, as the rule for such steps says.
    unlucky = {run for (run,) in workers.installation.rows(THRICE, runs)}
    assert workers.statuses(runs) == Counter(
        "failed" if run in unlucky else "completed" for run in runs
    )
    assert len(unlucky) <= KILLS // 3
    workers.assert_done_once([run for run in runs if run not in unlucky])
    waits = workers.seconds_to_take_over(runs)
    tell(
        f"{RUNS} runs, {KILLS} workers killed, {len(unlucky)} runs lost a third worker at one step"
    )
    tell(f"{len(waits)} steps taken over: {median(waits):.1f} s at the median, {waits[-1]:.1f} s")
    assert median(waits) < LEASE + 10  # a fresh worker takes some seconds to come up


MISBEHAVING = {
    # kind: its time limit, and how its one try must end.
    "sleep_on": (1, ("timeout", "timeout")),
    "compute_on": (1, ("timeout", "timeout")),
    "devour": (60, ("failed", "out_of_memory")),
    "swell": (60, ("failed", "output_too_large")),
    "puzzle": (60, ("failed", "unexpected_error")),
    "vanish": (60, ("failed", "process_died")),
    "leave": (60, ("failed", "unexpected_error")),
}


def told(workers: Runners, run: UUID, step_id: str) -> tuple[str, str]:
    """Return how the one try of a step ended that was not interrupted.

    A process that dies may take those of its worker along: their steps are begun anew.
    """
    [end] = [
        (status, code) for _, status, code in workers.tries(run, step_id) if status != "interrupted"
    ]
    return end


def test_steps_that_misbehave_fail_and_harm_nobody(workers: Runners) -> None:
    steps = [step(kind, kind, timeout=seconds) for kind, (seconds, _) in MISBEHAVING.items()]
    workers.start("one")
    [run] = workers.run(
        *steps, acting("well"), step("after", "noop", *MISBEHAVING, join="all_done")
    )
    workers.wait([run])
    found = {kind: told(workers, run, kind) for kind in MISBEHAVING}
    assert found == {kind: end for kind, (_, end) in MISBEHAVING.items()}
    assert told(workers, run, "well") == ("success", "")
    assert workers.statuses([run]) == {"failed": 1}
    assert workers.installation.dead() == []


def assert_taken_over(workers: Runners, run: UUID, step_id: str) -> None:
    """Assert that a step was interrupted and done anew, and nothing after it was done.

    On a busy machine a healthy worker may lose a lease of seconds as well: that is one try more.
    """
    *lost, last = [status for _, status, _ in workers.tries(run, step_id)]
    assert (set(lost), last) == ({"interrupted"}, "success")


def test_a_worker_that_was_frozen_beyond_its_lease_commits_nothing(workers: Runners) -> None:
    workers.start("cut off", "well")
    [first] = workers.run(acting("it"))
    workers.wait([first])
    workers.send("well", signal.SIGSTOP)
    [run] = workers.run(acting("it", seconds=1.5))
    eventually(partial(workers.has_acted, [run], 1))
    workers.send("cut off", signal.SIGSTOP)
    workers.send("well", signal.SIGCONT)
    workers.wait([run])
    committed = workers.installation.rows(STEP, run)
    assert committed[0][0] == "completed"

    # It wakes up with an answer in its hands, and does what else there is to do.
    workers.send("well", signal.SIGSTOP)
    workers.send("cut off", signal.SIGCONT)
    [other] = workers.run(acting("it"))
    workers.wait([other])
    workers.send("well", signal.SIGCONT)
    assert workers.installation.rows(STEP, run) == committed
    assert_taken_over(workers, run, "it")
    workers.assert_done_once([run, other])


def test_a_host_that_was_cut_off_loses_its_lease_and_commits_nothing_late(
    workers: Runners, installation: Installation
) -> None:
    with host(installation, 1) as far, host(installation, 2) as near:
        workers.start_on(far, "far")
        [first] = workers.run(acting("it"))
        workers.wait([first])
        [run] = workers.run(acting("it", seconds=2))
        eventually(partial(workers.has_acted, [run], 1))
        far.cut_off()
        workers.start_on(near, "near")
        workers.wait([run])
        committed = installation.rows(STEP, run)
        assert committed[0][0] == "completed"

        # It is back with an answer in its hands, and is alone with what else there is to do.
        workers.send("near", signal.SIGSTOP)
        far.join()
        [other] = workers.run(acting("it"))
        workers.wait([other])
        workers.send("near", signal.SIGCONT)
        assert installation.rows(STEP, run) == committed
        assert_taken_over(workers, run, "it")
        workers.assert_done_once([run, other])
        workers.stop()


def test_runs_go_on_when_valkey_and_postgresql_come_back(
    workers: Runners, installation: Installation
) -> None:
    rule = {"max_attempts": 9, "strategy": "linear", "base_delay": 0.5}
    plan = (
        *(
            acting(f"a{n}", *([f"a{n - 1}"] if n else []), seconds=0.3, retry=rule)
            for n in range(5)
        ),
        step("pause", "delay", "a1", params={"seconds": 2}),
        step("end", "noop", "a4", "pause"),
    )
    workers.start("one", "two")
    installation.start_as("second beat", "beat", {})
    runs = workers.run(*plan, count=12)
    eventually(partial(workers.has_acted, runs, 6))
    installation.valkey.client().flushall()
    installation.valkey.stop()
    installation.valkey.start(installation.data_dir / "valkey.log")
    eventually(partial(workers.has_acted, runs, 20))
    installation.kill_database()
    installation.postgres.start(installation.data_dir / "postgres.log")
    workers.wait(runs)
    assert workers.statuses(runs) == {"completed": 12}
    assert installation.rows(AGAIN, runs) == []
    assert installation.dead() == []
    installation.kill("second beat")


def test_the_clock_of_a_worker_does_not_matter(workers: Runners) -> None:
    shifted = {"PYTHONPATH": str(Path(__file__).parent / "shifted")}
    workers.start("ahead", **shifted)
    workers.start("right")
    runs = workers.run(*DIAMOND, step("pause", "delay", "a", params={"seconds": 1}), count=10)
    workers.wait(runs)
    assert workers.statuses(runs) == {"completed": 10}
    workers.assert_done_once(runs)
    assert workers.installation.rows(LONG, runs) == []
