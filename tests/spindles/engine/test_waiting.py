"""Steps that wait: for a moment, for an event, for another run; and the slots they do not hold."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.actors import Actor
from accounts.tenancy import scope
from config.exceptions import ValidationFailed
from config.ids import uuid7
from spindles.models import Execution
from spindles.registry.results import AwaitEvent, AwaitPerson, Done, Sleep, StartChild
from spindles.registry.runnables import Prepared, Runnable, Source, runnables
from spindles.services.plans import store_plan
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db


def test_a_delay_holds_neither_a_worker_nor_a_slot(cast: Cast) -> None:
    plan = plan_of(step("it", "delay", params={"seconds": 3600}), step("after", depends_on=("it",)))
    run = start(cast.editor.actor, plan).drive()
    it = run.steps["it"]
    assert (it.status, it.wait_kind, it.lease_until) == ("waiting", "delay", None)
    assert it.wait_until is not None
    assert it.started_at is not None
    assert it.wait_until - it.started_at == timedelta(hours=1)
    row = run.row
    assert (row.status, row.holds_slot, row.wake_at) == ("running", False, it.wait_until)

    run.drive()
    assert run.statuses["it"] == "waiting"
    assert run.row.wake_at == it.wait_until

    run.pass_time(3601)
    run.drive()
    assert run.statuses == {"it": "completed", "after": "completed"}
    assert run.row.outputs == {}
    [attempt] = run.attempts("it")
    assert (attempt.status, attempt.number) == ("success", 1)
    assert run.events()[1:4] == [
        ("StepExecutionStarted", "it"),
        ("StepExecutionWaiting", "it"),
        ("StepExecutionCompleted", "it"),
    ]


def test_a_moment_that_has_passed_is_no_wait(cast: Cast, script: Script) -> None:
    script.say("it", Sleep(seconds=0))
    assert start(cast.editor.actor, plan_of(step("it", "scripted"))).drive().row.status == (
        "completed"
    )


def test_an_answer_completes_a_step_with_what_was_answered(cast: Cast, script: Script) -> None:
    script.say("it", AwaitEvent("SopPublished", expires_after=60))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    it = run.steps["it"]
    assert (it.status, it.wait_kind, it.wait_event) == ("waiting", "event", "SopPublished")
    run.force("it", wait={**it.wait, "event": {"id": "7"}})
    run.drive()
    it = run.steps["it"]
    assert (it.status, it.output, it.wait_event) == ("completed", {"id": "7"}, None)


@pytest.mark.parametrize(
    "waiting", [AwaitEvent("SopPublished", expires_after=60), AwaitPerson("?", expires_after=60)]
)
def test_a_wait_that_is_over_without_an_answer_fails_its_step_for_good(
    cast: Cast, script: Script, waiting: AwaitEvent | AwaitPerson
) -> None:
    script.say("it", waiting)
    plan = plan_of(step("it", "scripted", retry={"max_attempts": 3}))
    run = start(cast.editor.actor, plan).drive()
    run.pass_time(50)
    run.drive()
    assert run.statuses["it"] == "waiting"
    run.pass_time(11)
    run.drive()
    it = run.steps["it"]
    assert it.error is not None
    assert (it.status, it.error["code"], it.error["category"]) == ("failed", "expired", "timeout")
    assert [one.status for one in run.attempts("it")] == ["failed"]


@pytest.fixture
def nested(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> dict[str, Source]:
    """Return what can be started as a child, by name; others are refused."""
    known: dict[str, Source] = {}

    def prepare(*, actor: Actor, target: str, inputs: Any, **_more: Any) -> Prepared:
        if target not in known:
            raise ValidationFailed.of("/target", "not_found", "There is none.")
        return Prepared(known[target], dict(inputs))

    runnable = Runnable("spindle", prepare, narrow=None)
    monkeypatch.setitem(runnables._runnables, "spindle", runnable)
    return known


def nest(nested: dict[str, Source], actor: Actor, name: str, *steps: Any) -> None:
    with scope(actor):
        stored = store_plan(actor=actor, plan=plan_of(*steps))
    nested[name] = Source("spindle", uuid7(), name, name, "1.0.0", stored.pk)


def child_of(run: Started) -> Started:
    with scope(run.actor):
        return Started(
            run.actor, Execution.objects.filter(parent_id=run.pk).latest("created_at").pk
        )


def test_the_end_of_a_child_is_the_end_of_the_step(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    nest(nested, cast.editor.actor, "inner", step("x", "transform", params={"value": 7}))
    script.say("it", StartChild("spindle", "inner", inputs={"n": 1}))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    child = child_of(run)
    assert (child.row.depth, child.row.parent_step_id, child.row.inputs) == (1, "it", {"n": 1})
    assert run.steps["it"].wait_child == child.pk
    assert run.row.holds_slot is False

    child.drive()
    run.drive()
    it = run.steps["it"]
    assert (it.status, it.output) == ("completed", {"x": 7})
    assert it.used[0]["entity_id"] == str(nested["inner"].entity_id)


def test_a_child_that_failed_is_started_anew_where_the_step_may_be_tried_again(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    nest(nested, cast.editor.actor, "inner", step("x", "scripted"))
    script.say("x", RuntimeError())
    again = StartChild("spindle", "inner")
    script.say("it", again, again)
    rule = {"max_attempts": 2, "strategy": "immediate"}
    run = start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule))).drive()
    first = child_of(run).drive()
    assert first.row.status == "failed"
    run.drive()
    assert run.statuses["it"] == "waiting"
    second = child_of(run).drive()
    assert second.pk != first.pk
    run.drive()
    assert run.row.status == "completed"
    assert [one.status for one in run.attempts("it")] == ["failed", "success"]


def test_a_child_that_was_not_waited_for_gives_its_id(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    nest(nested, cast.editor.actor, "inner", step("x"))
    script.say("it", StartChild("spindle", "inner", wait=False))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    assert run.row.status == "completed"
    assert run.steps["it"].output == {"execution_id": str(child_of(run).pk)}


def test_what_cannot_be_started_fails_the_step(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    script.say("it", StartChild("spindle", "nobody"))
    script.say("deep", StartChild("spindle", "nobody", max_depth=1))
    plan = plan_of(step("it", "scripted"), step("deep", "scripted"))
    run = start(cast.editor.actor, plan).drive()
    codes = [one.error["code"] for one in run.steps.values() if one.error]
    assert codes == ["validation_error", "nesting_too_deep"]


def test_what_runs_above_cannot_be_started_again(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    nest(nested, cast.editor.actor, "self", step("it", "scripted"))
    script.say("it", StartChild("spindle", "self"))
    source = nested["self"].entity_id
    run = start(cast.editor.actor, plan_of(step("it", "scripted")), source_id=source).drive()
    error = run.steps["it"].error
    assert error is not None
    assert error["code"] == "nested_cycle"


def test_a_run_that_is_over_stops_the_runs_it_waits_for(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    sleeping = step("x", "delay", params={"seconds": 3600})
    nest(nested, cast.editor.actor, "inner", sleeping)
    nest(nested, cast.editor.actor, "middle", step("m", "scripted"))
    script.say("m", StartChild("spindle", "inner"))
    script.say("it", StartChild("spindle", "middle"))
    run = start(cast.editor.actor, plan_of(step("it", "scripted")), timeout=60).drive()
    middle = child_of(run).drive()
    inner = child_of(middle).drive()
    run.pass_time(61)
    run.drive()
    assert (run.row.status, middle.row.status, inner.row.status) == (
        "failed",
        "cancelled",
        "cancelled",
    )
    assert inner.statuses == {"x": "cancelled"}
    assert inner.row.wake_at is None


def test_a_child_that_takes_too_long_is_stopped_and_the_step_fails(
    cast: Cast, script: Script, nested: dict[str, Source]
) -> None:
    nest(nested, cast.editor.actor, "inner", step("x", "delay", params={"seconds": 3600}))
    script.say("it", StartChild("spindle", "inner", expires_after=60))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    child = child_of(run).drive()
    run.pass_time(61)
    run.drive()
    assert (run.row.status, child.row.status) == ("failed", "cancelled")
    assert UUID(str(run.row.pk)) == run.pk


def test_a_value_that_a_step_gives_is_not_a_wait(cast: Cast, script: Script) -> None:
    script.say("it", Done({"wait": 1}))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    assert run.steps["it"].wait_kind is None
