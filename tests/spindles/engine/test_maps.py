"""Steps that run another one for each item of a list."""

from collections.abc import Mapping
from typing import Any

import pytest

from accounts.tenancy import scope
from spindles.choices import Category
from spindles.engine.loading import open_run
from spindles.engine.saving import save_run
from spindles.engine.transitions import reopen
from spindles.registry.kinds import StepContext
from spindles.registry.results import Done, ForEach, StepError
from tests.factories import Cast
from tests.spindles.engine.kinds import Script
from tests.spindles.engine.workers import Worker
from tests.spindles.runs import plan_of, start, step

pytestmark = pytest.mark.django_db

BAD = StepError("bad", "No such thing.", category=Category.VALIDATION)
BUSY = StepError("busy", "Later.", category=Category.EXTERNAL)


def for_each(items: list[Any], params: Mapping[str, Any] | None = None, **more: Any) -> ForEach:
    return ForEach(items, more.pop("kind", "scripted"), params or {}, **more)


def test_each_item_is_a_step_and_the_outputs_keep_its_order(cast: Cast, script: Script) -> None:
    script.say("it", for_each(["a", "b", "c"], {"text": "${{ item }}-${{ index }}"}, kind="plain"))
    for index in range(3):
        script.say(f"it[{index}]", lambda context: Done(context.variables["item"] * 2))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    assert run.steps["it"].output == ["aa", "bb", "cc"]
    assert [params for _, _, params in script.calls[1:]] == [
        {"text": "a-0"},
        {"text": "b-1"},
        {"text": "c-2"},
    ]
    assert run.row.progress == {"completed": 1, "total": 1, "percent": 100.0}
    assert run.row.outputs == {"it": ["aa", "bb", "cc"]}
    assert run.steps["it[1]"].item_of == "it"


def test_nothing_to_do_is_done_at_once(cast: Cast, script: Script) -> None:
    script.say("it", for_each([]))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    assert (run.statuses, run.steps["it"].output) == ({"it": "completed"}, [])


def test_no_more_items_are_at_work_than_allowed(cast: Cast, script: Script) -> None:
    script.say("it", for_each([0, 1, 2, 3, 4], kind="outside", concurrency=2))
    run = start(cast.editor.actor, plan_of(step("it", "scripted")))
    worker, helper = Worker(run, "one"), Worker(run, "two")
    worker.turn()
    helper.turn()
    assert (sorted(worker.jobs), sorted(helper.jobs)) == (["it[0]", "it[1]"], [])
    worker.answer("it[1]", "second")
    worker.turn()
    assert sorted(worker.jobs) == ["it[0]", "it[2]"]
    for name in ("it[2]", "it[0]", "it[3]", "it[4]"):
        worker.answer(name, name)
        worker.turn()
    assert run.steps["it"].output == ["it[0]", "second", "it[2]", "it[3]", "it[4]"]
    assert run.row.status == "completed"


def test_a_failed_item_ends_the_map_once_those_at_work_have_ended(
    cast: Cast, script: Script
) -> None:
    script.say("it", for_each([0, 1, 2, 3], kind="outside", concurrency=2))
    run = start(cast.editor.actor, plan_of(step("it", "scripted")))
    worker = Worker(run)
    worker.turn()
    worker.refuse("it[0]", BAD)
    worker.turn()
    assert run.statuses == {
        "it": "waiting",
        "it[0]": "failed",
        "it[1]": "running",
        "it[2]": "skipped: previous_failed",
        "it[3]": "skipped: previous_failed",
    }
    worker.answer("it[1]")
    worker.turn()
    it = run.steps["it"]
    assert it.error is not None
    assert (it.status, it.error["code"], it.error["message"]) == (
        "failed",
        "item_failed",
        "Item 0: No such thing.",
    )
    assert it.error["details"] == {"failed": [0]}
    assert run.row.error is not None
    assert run.row.error["step_ids"] == ["it"]


def test_failed_items_are_collected_where_that_is_asked_for(cast: Cast, script: Script) -> None:
    script.say("it", for_each([0, 1, 2], on_item_error="collect"))
    script.say("it[1]", BAD)
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    output = run.steps["it"].output
    assert output is not None
    first, second, third = output
    assert (first, third) == ({"by": "it[0]"}, {"by": "it[2]"})
    assert second["error"]["code"] == "bad"
    assert run.row.status == "completed"
    assert ("warning", "1 of 3 items failed.") in run.logs()


def test_an_item_is_tried_again_as_its_map_says(cast: Cast, script: Script) -> None:
    script.say("it", for_each([0, 1]))
    script.say("it[1]", BUSY)
    rule = {"max_attempts": 2, "base_delay": 30, "max_delay": 60}
    run = start(cast.editor.actor, plan_of(step("it", "scripted", retry=rule))).drive()
    assert run.statuses == {"it": "waiting", "it[0]": "completed", "it[1]": "pending"}
    assert run.row.wake_at == run.steps["it[1]"].next_attempt_at
    run.pass_time(31)
    run.drive()
    assert run.row.status == "completed"
    assert [one.status for one in run.attempts("it[1]")] == ["failed", "success"]


@pytest.mark.parametrize(
    ("items", "code"), [([0] * 1001, "too_many_items"), ([[0]], "item_failed")]
)
def test_too_many_items_and_maps_inside_maps_are_refused(
    cast: Cast, script: Script, items: list[Any], code: str
) -> None:
    script.say("it", for_each(items))
    script.say("it[0]", for_each([1]))
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    error = run.steps["it"].error
    assert error is not None
    assert error["code"] == code


def test_an_item_whose_worker_is_lost_is_taken_over(cast: Cast, script: Script) -> None:
    script.say("it", for_each([0, 1], kind="outside"))
    run = start(cast.editor.actor, plan_of(step("it", "scripted")))
    dead, alive = Worker(run, "dead"), Worker(run, "alive")
    dead.turn()
    dead.answer("it[0]", "kept")
    dead.turn()
    run.pass_time(31)
    alive.turn()
    assert list(alive.jobs) == ["it[1]"]
    alive.answer("it[1]", "again")
    alive.turn()
    assert run.steps["it"].output == ["kept", "again"]
    assert len(run.attempts("it[0]")) == 1


def test_a_map_that_runs_once_more_begins_anew_with_its_items(cast: Cast, script: Script) -> None:
    script.say("it", for_each([0, 1, 2]), for_each([0, 1]))
    script.say("it[1]", BAD)
    run = start(cast.editor.actor, plan_of(step("it", "scripted"))).drive()
    assert run.row.status == "failed"
    with scope(run.actor):
        opened = open_run(run.pk)
        assert opened is not None
        opened.row.status = "running"
        reopen(opened, opened.steps["it"])
        save_run(opened)
    run.drive()
    assert run.row.status == "completed"
    assert run.steps["it"].output == [{"by": "it[0]"}, {"by": "it[1]"}]
    assert [one.status for one in run.attempts("it[0]")] == ["success", "success"]
    assert [one.status for one in run.attempts("it[1]")] == ["failed", "success"]
    assert run.statuses["it[2]"] == "skipped: manual"


def test_an_item_knows_the_run_around_it(cast: Cast, script: Script) -> None:
    def told(context: StepContext) -> Done:
        return Done([context.variables["inputs"]["n"], context.variables["index"]])

    script.say("it", for_each(["x"]))
    script.say("it[0]", told)
    run = start(cast.editor.actor, plan_of(step("it", "scripted")), {"n": 5}).drive()
    assert run.steps["it"].output == [[5, 0]]
