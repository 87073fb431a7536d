"""Steps that fail before anything of them has run, and what a failed run says."""

import pytest
from django.db import OperationalError

from spindles.choices import Category
from spindles.engine import session
from spindles.models import Execution
from spindles.registry.results import Done, StepError
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.runs import plan_of, start, step

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"condition": "inputs.nothing == 1"}, "condition_error"),
        ({"condition": "inputs.n"}, "condition_error"),
        ({"condition": "steps.a.output.gone"}, "condition_error"),
        ({"params": {"x": "${{ inputs.nothing }}"}}, "template_error"),
        ({"params": {"x": "${{ steps.a.output.gone }}"}}, "template_error"),
        ({"params": {"x": "${{ steps.a.output.rows.7 }}"}}, "template_error"),
    ],
)
def test_what_cannot_be_evaluated_fails_the_step_without_a_try(
    cast: Cast, script: Script, more: dict[str, object], code: str
) -> None:
    script.say("a", Done({"rows": [1]}))
    plan = plan_of(
        step("a", "scripted"),
        step("it", "scripted", depends_on=("a",), retry={"max_attempts": 5}, **more),
    )
    run = start(cast.editor.actor, plan, {"n": 1}).drive()
    it = run.steps["it"]
    assert it.error is not None
    assert (it.status, it.error["code"], it.error["retryable"]) == ("failed", code, False)
    assert (it.attempt, run.attempts("it"), script.order) == (0, [], ["a"])
    assert run.row.status == "failed"


def test_parameters_that_do_not_fit_their_kind_fail_the_step(cast: Cast) -> None:
    plan = plan_of(step("it", "delay", params={"seconds": "${{ inputs.text }}"}))
    run = start(cast.editor.actor, plan, {"text": "soon"}).drive()
    it = run.steps["it"]
    assert it.error is not None
    assert it.error["code"] == "invalid_params"
    assert "/seconds" in it.error["message"]
    assert run.attempts("it") == []


def test_a_kind_that_is_gone_fails_the_step(cast: Cast) -> None:
    run = start(cast.editor.actor, plan_of(step("it", "abolished"))).drive()
    it = run.steps["it"]
    assert it.error is not None
    assert it.error["code"] == "unknown_kind"


def test_a_false_condition_skips_the_step_and_its_dependents_run(cast: Cast) -> None:
    plan = plan_of(step("it", condition="inputs.n > 1"), step("after", depends_on=("it",)))
    run = start(cast.editor.actor, plan, {"n": 1}).drive()
    assert run.statuses == {"it": "skipped: condition_false", "after": "completed"}
    assert run.row.status == "completed"
    assert run.row.progress["percent"] == 100.0


def test_a_missing_output_of_a_skipped_step_fails_whoever_needs_it(cast: Cast) -> None:
    plan = plan_of(
        step("it", condition="false"),
        step(
            "needs", "transform", params={"value": "${{ steps.it.output.x }}"}, depends_on=("it",)
        ),
        step("asks", condition='steps.it.status == "skipped"', depends_on=("it",)),
    )
    run = start(cast.editor.actor, plan).drive()
    assert run.statuses["needs"] == "failed"
    assert run.statuses["asks"] == "completed"


def test_a_failed_run_names_what_failed_as_declared(cast: Cast, script: Script) -> None:
    script.say("b", StepError("busy", "Nobody there.", category=Category.EXTERNAL))
    script.say("a", StepError("late", "Too late.", category=Category.TIMEOUT))
    plan = plan_of(
        step("a", "scripted", priority=1),
        step("b", "scripted", priority=9),
        step("c", depends_on=("b",)),
    )
    run = start(cast.editor.actor, plan, correlation_id="order-17").drive()
    error = run.row.error
    assert error is not None
    assert error == {
        "code": "late",
        "message": "2 steps failed (a, b): Too late.",
        "category": "timeout",
        "severity": "medium",
        "retryable": True,
        "retry_after": None,
        "step_ids": ["a", "b"],
        "details": {},
        "correlation_id": "order-17",
    }
    assert ("WorkflowExecutionFailed", None) in run.events()
    assert ("error", error["message"]) in run.logs()


def test_a_run_that_takes_too_long_fails_and_what_is_open_is_cancelled(
    cast: Cast, script: Script
) -> None:
    plan = plan_of(
        step("quick", "scripted"),
        step("slow", "delay", params={"seconds": 3600}),
        step("after", depends_on=("slow",)),
    )
    run = start(cast.editor.actor, plan, timeout=60).drive()
    assert run.row.wake_at == run.row.deadline_at
    run.pass_time(61)
    run.drive()
    assert run.statuses == {"quick": "completed", "slow": "cancelled", "after": "cancelled"}
    row = run.row
    assert row.error is not None
    assert (row.status, row.error["code"], row.error["category"]) == (
        "failed",
        "run_timeout",
        "timeout",
    )
    assert row.error["step_ids"] == []
    assert row.outputs == {"quick": {"by": "quick"}}
    assert [one.status for one in run.attempts("slow")] == ["cancelled"]
    assert row.wake_at is None


def test_what_a_kind_wrote_is_taken_back_with_its_failure(cast: Cast, script: Script) -> None:
    def write_and_fail(_context: object) -> Done:
        Execution.objects.update(status_reason="written by a step")
        raise StepError("no", "No.")

    script.say("it", write_and_fail)
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    assert run.row.status_reason == ""
    assert run.row.status == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_taken_back_leaves_nothing(
    cast: Cast, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_run: object) -> None:
        raise OperationalError("The database is away.")

    run = start(cast.editor.actor, plan_of(step("a", "scripted"), step("b", depends_on=("a",))))
    before = run.row
    with monkeypatch.context() as broken:
        broken.setattr(session, "save_run", away)
        with pytest.raises(OperationalError):
            run.drive()
    row = run.row
    assert (row.status, row.worker) == ("pending", "")
    assert (row.revision, row.wake_at) == (before.revision, before.wake_at)
    assert run.statuses == {"a": "pending", "b": "pending"}
    assert run.attempts("a") == []
    assert [kind for kind, _ in run.events()] == ["WorkflowExecutionStarted"]
    assert row.wake_at is not None

    run.drive()
    assert run.row.status == "completed"
    assert [one.number for one in run.attempts("a")] == [1]


def test_a_run_that_the_engine_cannot_go_on_with_ends_and_says_so(
    cast: Cast, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise KeyError("gone")

    run = start(cast.editor.actor, plan_of(step("a", "scripted")))
    with monkeypatch.context() as patched:
        patched.setattr(session, "go_on", broken)
        run.drive()
    error = run.row.error
    assert error is not None
    assert (run.row.status, error["code"]) == ("failed", "engine_error")
    assert error["message"] == "The run could not go on (KeyError)."
    assert run.statuses == {"a": "cancelled"}
    assert run.row.wake_at is None
    assert not run.row.holds_slot
