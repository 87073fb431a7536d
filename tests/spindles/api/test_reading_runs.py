"""Runs over REST: lists and their filters, one run, its steps and its log."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from config.ids import uuid7
from function_models.services.deleting import delete_model
from spindles.engine.outputs import store_output
from spindles.models import Execution
from spindles.plans.plan import Plan, Step
from spindles.registry.runnables import Prepared, Runnable, runnables
from tests.factories import Cast, make_model, make_sop
from tests.spindles.stored_runs import (
    EXECUTIONS,
    add_attempt,
    add_item,
    add_line,
    at,
    change_step,
    end,
    make_run,
    plan_of,
)

pytestmark = pytest.mark.django_db

FAILURE = {
    "code": "x",
    "message": "It failed.",
    "category": "business",
    "severity": "high",
    "retryable": False,
}


def ids(cast: Cast, query: str = "") -> list[str]:
    response = cast.viewer.client.get(f"{EXECUTIONS}{query}")
    assert response.status_code == 200, response.json()
    return [row["id"] for row in response.json()["results"]]


def codes(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


def test_runs_are_listed_newest_first_to_everyone_who_sees_what_ran(cast: Cast) -> None:
    model = make_model(cast.editor)
    first, second = (make_run(cast.editor, model) for _ in range(2))
    make_run(cast.stranger, make_model(cast.stranger))

    response = cast.viewer.client.get(EXECUTIONS)

    body = response.json()
    assert (response.status_code, body["count"]) == (200, 2)
    assert [row["id"] for row in body["results"]] == [str(second.pk), str(first.pk)]
    assert "outputs" not in body["results"][0]


def test_runs_are_filtered_by_each_field(cast: Cast) -> None:
    model, other = make_model(cast.editor), make_model(cast.editor, name="Other")
    plain = make_run(cast.editor, model)
    spindle = make_run(
        cast.admin,
        other,
        source_feature="spindle",
        source_slug="nightly",
        status="failed",
        environment="staging",
        trigger_kind="schedule",
        parent=plain,
    )
    one, two = str(plain.pk), str(spindle.pk)

    assert ids(cast, f"?source={model.pk}") == [one]
    assert ids(cast, f"?spindle={other.pk}") == [two]
    assert ids(cast, "?spindle=nightly") == [two]
    assert ids(cast, f"?spindle={model.pk}") == []
    assert ids(cast, "?feature=function-model") == [one]
    assert ids(cast, "?status=failed") == [two]
    assert ids(cast, "?status=failed&status=pending") == [two, one]
    assert ids(cast, "?environment=production") == [one]
    assert ids(cast, "?trigger=schedule") == [two]
    assert ids(cast, f"?started_by={cast.editor.user.pk}") == [one]
    assert ids(cast, "?started_by=me") == []
    assert ids(cast, f"?parent={plain.pk}") == [two]
    assert ids(cast, "?root=true") == [one]
    assert ids(cast, "?status=failed&environment=production") == []


def test_runs_are_filtered_by_when_they_were_asked_for(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor))
    moment = run.created_at.isoformat().replace("+00:00", "Z")

    assert ids(cast, f"?from={moment}") == [str(run.pk)]
    assert ids(cast, f"?to={moment}") == []


def test_wrong_filters_are_refused(cast: Cast) -> None:
    client = cast.viewer.client

    assert codes(client.get(f"{EXECUTIONS}?status=done&source=x&colour=red")) == [
        ("?colour", "unknown_parameter"),
        ("?source", "invalid"),
        ("?status", "invalid_choice"),
    ]
    assert codes(client.get(f"{EXECUTIONS}?started_by=nobody")) == [("?started_by", "invalid")]
    assert codes(client.get(f"{EXECUTIONS}?root=1")) == [("?root", "invalid")]


def test_a_run_tells_all_of_itself(cast: Cast) -> None:
    model = make_model(cast.editor, name="Handle it")
    run = make_run(
        cast.editor,
        model,
        source_name="Handle it",
        inputs={"a": 1},
        outputs={"b": 2},
        settled_steps=1,
        status_reason="budget_exhausted",
        trigger={"payload": {"x": 1}},
        trigger_kind="webhook",
    )
    end(cast.editor, run, "failed", error=FAILURE)

    body = cast.viewer.client.get(at(run)).json()

    assert body["source"] == {
        "feature": "function-model",
        "entity_id": str(model.pk),
        "name": "Handle it",
        "slug": None,
        "version": "1.0.0",
        "is_draft": False,
    }
    assert body["plan_checksum"] == plan_of("a", "b").checksum
    assert body["progress"] == {"completed": 1, "total": 2, "percent": 50.0}
    assert (body["status"], body["status_reason"]) == ("failed", "budget_exhausted")
    assert body["trigger"] == {"kind": "webhook", "payload": {"x": 1}}
    assert (body["inputs"], body["outputs"]) == ({"a": 1}, {"b": 2})
    assert body["started_by"] == str(cast.editor.user.pk)
    assert body["duration_seconds"] == 2.0
    assert body["error"] == FAILURE
    assert (body["worker"], body["retry_of"], body["children"]) == (None, None, [])


def test_a_run_without_steps_has_made_no_progress(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor), plan=Plan(steps=()))

    body = cast.viewer.client.get(at(run)).json()

    assert body["progress"] == {"completed": 0, "total": 0, "percent": 0}
    assert body["duration_seconds"] is None


def test_a_run_shows_the_tree_of_runs_that_it_started(cast: Cast) -> None:
    model = make_model(cast.editor)
    root = make_run(cast.editor, model)
    one = make_run(cast.editor, model, parent=root, parent_step_id="a", depth=1)
    two = make_run(cast.editor, model, parent=root, parent_step_id="b", depth=1)
    below = make_run(cast.editor, model, parent=two, parent_step_id="a", depth=2)
    make_run(cast.editor, model)

    children = cast.viewer.client.get(at(root)).json()["children"]

    assert [(child["id"], child["step_id"]) for child in children] == [
        (str(one.pk), "a"),
        (str(two.pk), "b"),
    ]
    assert children[0]["children"] == []
    assert [child["id"] for child in children[1]["children"]] == [str(below.pk)]
    assert children[1]["children"][0]["progress"]["total"] == 2


def test_a_feature_adds_what_it_knows_of_a_run(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(**asked: Any) -> Prepared:
        raise AssertionError("Nothing is started.")

    def tell(execution: Execution, steps: Any) -> dict[str, Any]:
        return {"completed_nodes": [step.step_id for step in steps]}

    runnable = Runnable("function-model", prepare, tell=tell)
    monkeypatch.setattr(runnables, "_runnables", {"function-model": runnable})
    run = make_run(cast.editor, make_model(cast.editor))

    assert cast.viewer.client.get(at(run)).json()["completed_nodes"] == ["a", "b"]


def test_foreign_unknown_and_malformed_runs_are_not_found(cast: Cast) -> None:
    foreign = make_run(cast.stranger, make_model(cast.stranger))

    for run in (str(foreign.pk), str(uuid7()), "x"):
        for rest in ("", "steps/", "logs/", "events/", "steps/a/"):
            response = cast.owner.client.get(f"{EXECUTIONS}{run}/{rest}")
            assert response.status_code == 404, (run, rest)
            assert response.json()["code"] == "not_found"


def test_runs_of_a_deleted_entity_are_for_administrators_and_who_started_them(cast: Cast) -> None:
    model = make_model(cast.editor)
    run = make_run(cast.editor, model)
    with scope(cast.editor.actor):
        delete_model(actor=cast.editor.actor, pk=model.pk)

    assert cast.viewer.client.get(at(run)).status_code == 404
    assert ids(cast) == []
    for person in (cast.editor, cast.admin, cast.owner):
        assert person.client.get(at(run)).status_code == 200


def test_steps_are_listed_in_the_order_of_their_declaration_with_all_tries(cast: Cast) -> None:
    plan = Plan(
        steps=(
            Step(id="z", kind="noop", name="Z"),
            Step(id="(open)", kind="noop", name="-", internal=True),
            Step(id="a", kind="transform", name="A", depends_on=("z",)),
        )
    )
    run = make_run(cast.editor, make_model(cast.editor), plan=plan)
    add_attempt(cast.editor, run, "a", 1, status="failed", error=FAILURE)
    add_attempt(cast.editor, run, "a", 2, status="success", response_hash="h", duration_ms=1.5)
    change_step(cast.editor, run, "a", status="completed", retry_count=1, output={"x": None})

    body = cast.viewer.client.get(at(run, "steps/")).json()

    assert body["count"] == 2
    assert [step["step_id"] for step in body["results"]] == ["z", "a"]
    first, second = body["results"]
    assert (first["status"], first["attempts"], first["output"]) == ("pending", [], None)
    assert (second["kind"], second["retry_count"], second["output"]) == (
        "transform",
        1,
        {"x": None},
    )
    assert [
        (one["number"], one["status"], one["error"], one["response_hash"])
        for one in second["attempts"]
    ] == [(1, "failed", FAILURE, None), (2, "success", None, "h")]


def test_the_items_of_a_map_stand_inside_it_and_are_listed_by_themselves(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor), plan=plan_of("m", "n"))
    for index in (2, 0, 1):
        status = "failed" if index == 1 else "completed"
        add_item(cast.editor, run, "m", index, status=status, output=index * 10)
    add_attempt(cast.editor, run, "m[2]", 1, status="success")

    results = cast.viewer.client.get(at(run, "steps/")).json()["results"]
    listed = cast.viewer.client.get(at(run, "steps/?item_of=m")).json()
    failed = cast.viewer.client.get(at(run, "steps/?item_of=m&status=failed")).json()

    assert [step["step_id"] for step in results] == ["m", "n"]
    assert [
        (item["step_id"], item["item_index"], item["output"], len(item["attempts"]))
        for item in results[0]["items"]
    ] == [("m[0]", 0, 0, 0), ("m[1]", 1, 10, 0), ("m[2]", 2, 20, 1)]
    assert results[0]["item_counts"] == {"completed": 2, "failed": 1}
    assert results[1]["items"] == []
    assert [item["step_id"] for item in listed["results"]] == ["m[0]", "m[1]", "m[2]"]
    assert [item["step_id"] for item in failed["results"]] == ["m[1]"]


def test_a_large_output_is_read_back_from_its_file(
    cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    run = make_run(cast.editor, make_model(cast.editor))
    text = "x" * 100_000
    stored = store_output(
        text, organization_id=run.organization_id, execution_id=run.pk, step_id="a", attempt=1
    )
    change_step(
        cast.editor, run, "a", output_file=stored.file, output_bytes=stored.size, output=None
    )

    step = cast.viewer.client.get(at(run, "steps/")).json()["results"][0]
    monkeypatch.setattr("spindles.runs.steps.MOST_BYTES", 10)
    omitted = cast.viewer.client.get(at(run, "steps/")).json()["results"][0]
    alone = cast.viewer.client.get(at(run, "steps/a/")).json()

    assert (step["output"], step["output_omitted"]) == (text, False)
    assert (omitted["output"], omitted["output_omitted"]) == (None, True)
    assert omitted["output_bytes"] == 100_002
    assert (alone["output"], alone["output_omitted"]) == (text, False)


def test_what_a_waiting_step_waits_for_is_told(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor))
    until = timezone.now() + timedelta(hours=1)
    change_step(
        cast.editor,
        run,
        "a",
        status="waiting",
        wait_kind="person",
        wait={"title": "Approve it", "assignees": ["admin"]},
        wait_until=until,
    )

    step = cast.viewer.client.get(at(run, "steps/a/")).json()

    assert (step["waiting"]["kind"], step["waiting"]["title"]) == ("person", "Approve it")
    assert step["waiting"]["assignees"] == ["admin"]
    assert step["waiting"]["until"] == until.isoformat().replace("+00:00", "Z")


def test_an_unknown_or_internal_step_is_not_found(cast: Cast) -> None:
    plan = Plan(steps=(Step(id="in/side", kind="noop", name="I", internal=True),
                       Step(id="a/b.c", kind="noop", name="S")))  # fmt: skip
    run = make_run(cast.editor, make_model(cast.editor), plan=plan)

    assert cast.viewer.client.get(at(run, "steps/a/b.c/")).json()["step_id"] == "a/b.c"
    assert cast.viewer.client.get(at(run, "steps/in/side/")).status_code == 404
    assert cast.viewer.client.get(at(run, "steps/x/")).status_code == 404


def test_the_log_is_read_page_by_page_in_the_order_of_writing(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor))
    for number in range(3):
        add_line(cast.editor, run, f"line {number}", step_id="a", attempt=1, data={"n": number})

    first = cast.viewer.client.get(at(run, "logs/?page_size=2")).json()
    add_line(cast.editor, run, "later")
    second = cast.viewer.client.get(first["next"]).json()

    assert [line["message"] for line in first["results"]] == ["line 0", "line 1"]
    assert first["results"][1]["data"] == {"n": 1}
    assert [line["message"] for line in second["results"]] == ["line 2", "later"]
    assert (second["next"], "count" in second) == (None, False)


def test_the_log_is_filtered_by_level_step_try_and_time(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor))
    add_line(cast.editor, run, "of a", step_id="a", attempt=1)
    add_line(cast.editor, run, "of an item", step_id="a[3]", attempt=2, level="error")
    add_line(cast.editor, run, "of the run", level="warning")

    def said(query: str) -> list[str]:
        response = cast.viewer.client.get(at(run, f"logs/?{query}"))
        return [line["message"] for line in response.json()["results"]]

    assert said("level=error&level=warning") == ["of an item", "of the run"]
    assert said("step_id=a") == ["of a", "of an item"]
    assert said("attempt=2") == ["of an item"]
    assert said("to=2020-01-01T00:00:00Z") == []
    assert codes(cast.viewer.client.get(at(run, "logs/?level=loud"))) == [
        ("?level", "invalid_choice")
    ]


def test_nobody_reads_runs_without_signing_in(cast: Cast, client: Any) -> None:
    run = make_run(cast.editor, make_sop(cast.editor))

    assert client.get(EXECUTIONS).status_code == 401
    assert client.get(at(run)).status_code == 401
