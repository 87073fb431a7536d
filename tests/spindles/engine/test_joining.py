"""What becomes of a step, given what became of those it depends on and how it joins them."""

import pytest

from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.runs import plan_of, start, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("script")]

RUNS, WAITS = "completed", "pending"
FAILED, CANCELLED = "skipped: dependency_failed", "skipped: dependency_cancelled"

ONE = {
    "completed": (RUNS, RUNS, RUNS),
    "skipped: condition_false": (RUNS, RUNS, RUNS),
    "skipped: manual": (RUNS, RUNS, RUNS),
    "failed": (FAILED, FAILED, RUNS),
    "skipped: dependency_failed": (FAILED, FAILED, RUNS),
    "cancelled": (CANCELLED, CANCELLED, RUNS),
    "skipped: dependency_cancelled": (CANCELLED, CANCELLED, RUNS),
    "running": (WAITS, WAITS, WAITS),
    "waiting": (WAITS, WAITS, WAITS),
}
TWO = {
    ("completed", "running"): (WAITS, RUNS, WAITS),
    ("completed", "failed"): (FAILED, RUNS, RUNS),
    ("completed", "cancelled"): (CANCELLED, RUNS, RUNS),
    ("completed", "skipped: condition_false"): (RUNS, RUNS, RUNS),
    ("failed", "running"): (FAILED, WAITS, WAITS),
    ("failed", "cancelled"): (FAILED, FAILED, RUNS),
    ("failed", "skipped: condition_false"): (FAILED, RUNS, RUNS),
    ("cancelled", "waiting"): (CANCELLED, WAITS, WAITS),
    ("cancelled", "cancelled"): (CANCELLED, CANCELLED, RUNS),
    ("cancelled", "skipped: manual"): (CANCELLED, RUNS, RUNS),
    ("skipped: manual", "running"): (WAITS, WAITS, WAITS),
    ("skipped: manual", "skipped: manual"): (RUNS, RUNS, RUNS),
}
TABLE = [((name,), verdicts) for name, verdicts in ONE.items()] + list(TWO.items())


def named(outcomes: tuple[str, ...]) -> str:
    return " and ".join(outcomes).replace("skipped: ", "")


@pytest.mark.parametrize("join", ["all", "any", "all_done"])
@pytest.mark.parametrize(("outcomes", "verdicts"), TABLE, ids=[named(one) for one, _ in TABLE])
def test_a_step_follows_what_it_depends_on(
    cast: Cast, outcomes: tuple[str, ...], verdicts: tuple[str, str, str], join: str
) -> None:
    names = [f"before-{place}" for place in range(len(outcomes))]
    plan = plan_of(*(step(name) for name in names), step("it", depends_on=tuple(names), join=join))
    run = start(cast.editor.actor, plan)
    for name, outcome in zip(names, outcomes, strict=True):
        status, _, reason = outcome.partition(": ")
        run.force(name, status=status, reason=reason or None, attempt=1)

    run.drive()
    expected = verdicts[["all", "any", "all_done"].index(join)]
    assert run.statuses["it"] == expected
    still_open = any(one in ("running", "waiting") for one in outcomes)
    failed = "failed" in outcomes
    ended = "failed" if failed else "completed"
    assert run.row.status == ("running" if still_open else ended)


def test_skipping_spreads_and_stops_at_a_step_that_cleans_up(cast: Cast, script: Script) -> None:
    script.say("a", ValueError("no"))
    plan = plan_of(
        step("a", "scripted"),
        step("b", depends_on=("a",)),
        step("c", depends_on=("b",)),
        step("clean", "scripted", depends_on=("c",), join="all_done"),
        step("after", depends_on=("clean",)),
        step("beside", "scripted"),
    )
    run = start(cast.editor.actor, plan).drive()
    assert run.statuses == {
        "a": "failed",
        "b": "skipped: dependency_failed",
        "c": "skipped: dependency_failed",
        "clean": "completed",
        "after": "completed",
        "beside": "completed",
    }
    assert run.row.status == "failed"
    assert run.row.error is not None
    assert run.row.error["step_ids"] == ["a"]


def test_ready_steps_start_by_priority_and_then_as_declared(cast: Cast, script: Script) -> None:
    plan = plan_of(
        step("low", "scripted", priority=1),
        step("first", "scripted"),
        step("second", "scripted"),
        step("high", "scripted", priority=10),
    )
    start(cast.editor.actor, plan).drive()
    assert script.order == ["high", "first", "second", "low"]


def test_a_plan_without_steps_is_completed_at_once(cast: Cast) -> None:
    run = start(
        cast.editor.actor, plan_of(outputs=({"name": "n", "value": "${{ inputs.n }}"},)), {"n": 1}
    )
    assert run.drive().row.status == "completed"
    assert run.row.outputs == {"n": 1}
    assert run.row.progress == {"completed": 0, "total": 0, "percent": 0}
