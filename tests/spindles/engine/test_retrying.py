"""Tries: how many, how long apart, under which key, and what is written of them."""

import hashlib
from typing import Any

import pytest
from pebble import ProcessExpired

from spindles.choices import Category
from spindles.registry.results import Done, StepError
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.engine.workers import Worker
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db

BUSY = StepError("busy", "Come back later.", category=Category.EXTERNAL)
WRONG = StepError("wrong", "This is nothing.", category=Category.VALIDATION)


def key(run: Started, step_id: str, known: int) -> str:
    return hashlib.sha256(f"{run.pk}:{step_id}:{known}".encode()).hexdigest()


def drive_to_end(run: Started) -> list[float]:
    """Drive a run through all its waits and return them, in seconds."""
    waits = []
    for _ in range(20):
        run.drive()
        pending = run.steps["it"]
        if pending.next_attempt_at is None:
            break
        last = run.attempts("it")[-1].started_at
        waits.append(round((pending.next_attempt_at - last).total_seconds(), 3))
        run.pass_time(waits[-1])
    return waits


@pytest.mark.parametrize(
    ("rule", "waits"),
    [
        ({"strategy": "exponential", "base_delay": 2}, [2, 4, 8, 16, 30]),
        ({"strategy": "exponential", "base_delay": 2, "multiplier": 3}, [2, 6, 18, 30, 30]),
        ({"strategy": "linear", "base_delay": 5, "max_delay": 12}, [5, 10, 12, 12, 12]),
    ],
)
def test_the_waits_between_tries_are_those_of_the_rule(
    cast: Cast, script: Script, rule: dict[str, Any], waits: list[float]
) -> None:
    script.say("it", *[BUSY] * 6)
    plan = plan_of(step("it", "scripted", retry={"max_attempts": 6, **rule}))
    run = start(cast.editor.actor, plan)
    assert drive_to_end(run) == waits
    assert run.row.status == "failed"
    assert [one.number for one in run.attempts("it")] == [1, 2, 3, 4, 5, 6]


def test_jitter_comes_on_top_and_the_cap_holds_all(cast: Cast, script: Script) -> None:
    script.say("it", *[BUSY] * 3)
    rule = {"max_attempts": 3, "strategy": "linear", "base_delay": 8, "jitter": 4, "max_delay": 16}
    first, second = drive_to_end(
        start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule)))
    )
    assert 8 <= first <= 12
    assert second == 16


def test_the_other_side_says_how_long_at_least_and_the_cap_how_long_at_most(
    cast: Cast, script: Script
) -> None:
    def busy(seconds: float) -> StepError:
        return StepError("busy", "Later.", category=Category.EXTERNAL, retry_after=seconds)

    script.say("it", busy(7), busy(0.5), busy(3600))
    rule = {"max_attempts": 4, "strategy": "linear", "base_delay": 2, "max_delay": 20}
    run = start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule)))
    assert drive_to_end(run) == [7, 4, 20]
    assert run.row.status == "completed"


def test_three_tries_of_which_two_fail(cast: Cast, script: Script) -> None:
    script.say("it", BUSY, BUSY)
    rule = {"max_attempts": 3, "strategy": "immediate"}
    run = start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule))).drive()
    it = run.steps["it"]
    assert (it.status, it.retry_count, it.attempt, it.error) == ("completed", 2, 3, None)
    tries = run.attempts("it")
    assert [(one.number, one.status) for one in tries] == [
        (1, "failed"),
        (2, "failed"),
        (3, "success"),
    ]
    # Each try came after one whose end is known.
    assert [one.idempotency_key for one in tries] == [key(run, "it", n) for n in range(3)]
    assert [context.idempotency_key for _, context, _ in script.calls] == [
        one.idempotency_key for one in tries
    ]
    assert tries[0].error is not None
    assert tries[0].error["code"] == "busy"
    output = hashlib.sha256(b'{"by":"it"}').hexdigest()
    assert [one.response_hash for one in tries] == ["", "", output]
    assert [kind for kind, _ in run.events()] == [
        "WorkflowExecutionStarted",
        *("StepExecutionStarted", "StepExecutionFailed", "StepExecutionRetried"),
        *("StepExecutionStarted", "StepExecutionFailed", "StepExecutionRetried"),
        *("StepExecutionStarted", "StepExecutionCompleted"),
        "WorkflowExecutionCompleted",
    ]


def test_three_tries_of_which_all_fail(cast: Cast, script: Script) -> None:
    script.say("it", *[BUSY] * 4)
    rule = {"max_attempts": 3, "strategy": "immediate"}
    run = start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule))).drive()
    it = run.steps["it"]
    assert (it.status, it.retry_count, it.attempt) == ("failed", 2, 3)
    assert it.error is not None
    assert (it.error["code"], it.error["category"]) == ("busy", "external")
    assert len(script.calls) == 3


def test_a_try_that_is_put_off_shows_nothing_of_the_last_one(cast: Cast, script: Script) -> None:
    script.say("it", BUSY)
    rule = {"max_attempts": 2, "base_delay": 20}
    run = start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule))).drive()
    it = run.steps["it"]
    assert (it.status, it.retry_count) == ("pending", 1)
    assert (it.error, it.started_at, it.completed_at, it.lease_until) == (None,) * 4
    assert it.next_attempt_at is not None
    assert run.row.wake_at == it.next_attempt_at

    run.drive()  # too early
    assert len(script.calls) == 1


@pytest.mark.parametrize("error", [WRONG, StepError("no", "No.", category=Category.PERMISSION)])
def test_what_asking_again_would_not_help_is_not_tried_again(
    cast: Cast, script: Script, error: StepError
) -> None:
    script.say("it", error)
    run = start(
        cast.editor.actor, plan_of(step("it", "scripted", retry={"max_attempts": 5}))
    ).drive()
    assert run.statuses["it"] == "failed"
    assert len(run.attempts("it")) == 1


def test_an_error_that_nobody_foresaw_fails_the_step_and_shows_no_secret(
    cast: Cast, script: Script
) -> None:
    script.say("it", RuntimeError("password=hunter2"))
    script.say("other", ZeroDivisionError())
    run = start(cast.editor.actor, plan_of(step("it", "plain"), step("other", "scripted"))).drive()
    assert run.statuses == {"it": "failed", "other": "failed"}
    error = run.steps["it"].error
    assert error is not None
    assert (error["code"], error["message"]) == (
        "unexpected_error",
        "The step failed unexpectedly (RuntimeError).",
    )
    assert "hunter2" not in str(run.logs())


def test_a_lost_worker_is_no_failed_try_and_its_key_goes_on(cast: Cast, script: Script) -> None:
    plan = plan_of(step("it", "outside", retry={"max_attempts": 1}))
    run = start(cast.editor.actor, plan)
    dead, alive = Worker(run, "dead"), Worker(run, "alive")
    assert dead.turn()
    lost = dead.key("it")

    alive.turn()
    assert alive.jobs == {}  # the lease still holds
    run.pass_time(31)
    alive.turn()
    assert alive.key("it") == lost
    assert [(one.number, one.status, one.worker) for one in run.attempts("it")] == [
        (1, "interrupted", "dead"),
        (2, "running", "alive"),
    ]

    dead.answer("it", "late")
    dead.turn()
    assert run.steps["it"].status == "running"
    alive.answer("it", "in time")
    alive.turn()
    it = run.steps["it"]
    assert (it.status, it.output, it.retry_count, it.interruptions) == (
        "completed",
        "in time",
        0,
        1,
    )
    assert [one.status for one in run.attempts("it")] == ["interrupted", "success"]


def test_the_third_lost_worker_ends_the_step(cast: Cast, script: Script) -> None:
    run = start(cast.editor.actor, plan_of(step("it", "outside", retry={"max_attempts": 9})))
    for number in range(3):
        worker = Worker(run, f"worker {number}")
        worker.turn()
        assert list(worker.jobs) == ["it"]
        run.pass_time(31)
    last = Worker(run, "last")
    last.turn()
    assert last.jobs == {}
    assert [one.status for one in run.attempts("it")] == ["interrupted"] * 3
    it = run.steps["it"]
    assert it.error is not None
    assert (it.status, it.error["code"], it.error["retryable"]) == ("failed", "worker_lost", False)
    assert run.row.status == "failed"


def test_a_new_key_after_a_known_failure_and_the_old_one_after_an_unknown_end(
    cast: Cast, script: Script
) -> None:
    rule = {"max_attempts": 4, "strategy": "immediate"}
    run = start(cast.editor.actor, plan_of(step("it", "outside", retry=rule)))
    worker = Worker(run)
    worker.turn()
    worker.refuse("it", BUSY)
    worker.turn()
    worker.lose("it", TimeoutError())
    worker.turn()
    worker.lose("it", ProcessExpired("died", code=-9))  # type: ignore[no-untyped-call]  # pebble
    worker.turn()
    worker.answer("it")
    worker.turn()
    tries = run.attempts("it")
    assert [one.status for one in tries] == ["failed", "timeout", "failed", "success"]
    assert [one.idempotency_key for one in tries] == [key(run, "it", n) for n in (0, 1, 1, 1)]
    codes = [one.error["code"] for one in tries if one.error]
    assert codes == ["busy", "timeout", "process_died"]


def test_a_renewed_lease_is_respected_by_whoever_knew_the_run_before(
    cast: Cast, script: Script
) -> None:
    plan = plan_of(step("long", "outside"), step("short", "outside"))
    run = start(cast.editor.actor, plan)
    first, other = Worker(run, "first"), Worker(run, "other")
    first.turn()
    other.turn()
    run.pass_time(20)
    first.session.renew()
    with_old_eyes = run.row.revision
    run.pass_time(20)
    first.session.renew()
    other.turn()
    assert run.statuses == {"long": "running", "short": "running"}
    assert other.jobs == {}
    assert run.row.revision == with_old_eyes + 1  # of the clock only: nobody had anything to write

    first.answer("short")
    first.turn()
    assert run.statuses == {"long": "running", "short": "completed"}


def test_nobody_renews_a_try_that_another_one_left_behind(cast: Cast, script: Script) -> None:
    run = start(cast.editor.actor, plan_of(step("a", "outside"), step("b", "outside")))
    gone = Worker(run, "same name")
    gone.turn()
    gone.answer("a")
    gone.turn()
    run.force("b", attempt=2)  # as if it had been begun by another session of this process
    run.pass_time(40)
    gone.session.renew()
    other = Worker(run, "other")
    other.turn()
    assert list(other.jobs) == ["b"]


def test_the_own_try_is_not_given_up_because_the_own_heartbeat_was_late(
    cast: Cast, script: Script
) -> None:
    run = start(cast.editor.actor, plan_of(step("long", "outside"), step("short", "outside")))
    worker = Worker(run)
    worker.turn()
    run.pass_time(40)
    worker.answer("short")
    worker.turn()
    assert run.statuses == {"long": "running", "short": "completed"}
    worker.answer("long", "done")
    worker.turn()
    assert run.row.status == "completed"


def test_a_step_that_completes_without_anything_has_no_output(cast: Cast, script: Script) -> None:
    script.say("none", Done())
    script.say("zero", Done(0))
    script.say("empty", Done({}))
    script.say("false", Done(False))
    plan = plan_of(*(step(name, "plain") for name in ("none", "zero", "empty", "false")))
    run = start(cast.editor.actor, plan).drive()
    assert run.row.outputs == {"zero": 0, "false": False}
