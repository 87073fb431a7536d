"""Snapshots: taken by hand and by the engine, restored, removed, forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from node_links.models import NodeEvent
from spindles.models import Execution, ExecutionSnapshot
from tests.factories import Cast, Person, make_model
from tests.spindles.runs import Started, plan_of, start, step
from tests.spindles.stored_runs import make_run

pytestmark = pytest.mark.django_db


def snapshots(run: Started | Execution, rest: str = "") -> str:
    return f"/api/v1/executions/{run.pk}/snapshots/{rest}"


def post(person: Person, url: str, body: Any = None) -> Any:
    return person.client.post(url, body or {}, format="json")


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def numbers(person: Person, run: Started) -> list[int]:
    return [row["number"] for row in person.client.get(snapshots(run)).json()["results"]]


def change_row(person: Person, run: Started, **values: Any) -> None:
    with scope(person.actor):
        Execution.objects.filter(pk=run.pk).update(**values)


def failing(person: Person) -> Started:
    """Return a failed run: a is completed, b has failed, c was skipped."""
    plan = plan_of(
        step("a", "transform", params={"value": {"x": "A"}}),
        step("b", "transform", params={"expression": "inputs.n"}, depends_on=("a",)),
        step("c", "transform", params={"value": "C"}, depends_on=("b",)),
    )
    return start(person.actor, plan).drive()


def test_a_failure_and_a_pause_are_written_down(cast: Cast) -> None:
    failed = failing(cast.editor)
    paused = start(cast.editor.actor, plan_of(step("a", "delay", params={"seconds": 99}))).drive()
    cast.editor.client.post(f"/api/v1/executions/{paused.pk}/pause/")

    [row] = cast.viewer.client.get(snapshots(failed)).json()["results"]
    whole = cast.viewer.client.get(snapshots(failed, "1/")).json()

    assert (row["number"], row["type"], row["status"]) == (1, "checkpoint", "ready")
    assert (row["completed"], row["failed"], row["skipped"]) == (["a"], ["b"], ["c"])
    assert (row["percent"], row["pending"], row["restored_at"]) == (100, [], None)
    assert "content" not in row
    assert whole["content"]["steps"]["a"]["output"] == {"x": "A"}
    assert whole["content"]["inputs"] == {}
    [at_pause] = cast.viewer.client.get(snapshots(paused)).json()["results"]
    assert (at_pause["percent"], at_pause["pending"]) == (0, ["a"])


def test_one_is_taken_by_hand_of_a_running_paused_or_failed_run(cast: Cast) -> None:
    run = start(cast.editor.actor, plan_of(step("a", "delay", params={"seconds": 99}))).drive()

    response = post(cast.editor, snapshots(run))

    assert (response.status_code, response.json()["number"]) == (201, 1)
    with scope(cast.editor.actor):
        event = NodeEvent.objects.get(event_type="CheckpointCreated")
    assert event.data == {"execution_id": str(run.pk), "number": 1, "completion": 0}
    model = make_model(cast.editor)
    for status in ("pending", "completed", "cancelled"):
        other = make_run(cast.editor, model, status=status)
        assert refusal(post(cast.editor, snapshots(other))) == (409, "invalid_transition")
    assert refusal(post(cast.viewer, snapshots(run))) == (403, "permission_denied")
    assert refusal(post(cast.stranger, snapshots(run))) == (404, "not_found")
    assert post(cast.editor, snapshots(run), {"colour": 1}).status_code == 400
    assert numbers(cast.viewer, run) == [1]


def test_restoring_rewinds_what_was_completed_since(cast: Cast) -> None:
    run = failing(cast.editor)
    change_row(cast.editor, run, inputs={"n": 1})
    cast.editor.client.post(f"/api/v1/executions/{run.pk}/resume/")
    plan_end = run.drive()
    assert plan_end.row.status == "completed"
    change_row(cast.editor, run, status="failed")

    response = post(cast.editor, snapshots(run, "1/restore/"), {"reason": "Once more."})

    assert (response.status_code, response.json()["status"]) == (200, "paused")
    assert response.json()["completed_at"] is None
    assert run.statuses == {"a": "completed", "b": "failed", "c": "skipped: dependency_failed"}
    assert run.steps["a"].output == {"x": "A"}
    assert len(run.attempts("b")) == 2
    with scope(cast.editor.actor):
        event = NodeEvent.objects.get(event_type="CheckpointRestored")
    assert (event.data["number"], event.data["reason"]) == (1, "Once more.")
    shown = cast.viewer.client.get(snapshots(run, "1/")).json()
    assert (shown["status"], shown["restored_at"] is not None) == ("ready", True)


def test_a_run_can_be_resumed_from_a_snapshot_any_number_of_times(cast: Cast) -> None:
    plan = plan_of(
        step("a", "transform", params={"value": "A"}),
        step("w", "delay", params={"seconds": 3600}, depends_on=("a",)),
        step("b", "transform", params={"value": "B"}, depends_on=("w",)),
    )
    run = start(cast.editor.actor, plan).drive()
    assert post(cast.editor, snapshots(run)).json()["completed"] == ["a"]
    path = f"/api/v1/executions/{run.pk}/"

    for tries in (2, 3):
        with scope(cast.editor.actor):
            waiting = run.steps["w"]
            waiting.wait_until = timezone.now() - timedelta(seconds=1)
            waiting.save(update_fields=["wait_until"])
        post(cast.editor, f"{path}pause/")
        post(cast.editor, f"{path}resume/")
        run.drive()
        assert run.statuses == {"a": "completed", "w": "completed", "b": "completed"}
        change_row(cast.editor, run, status="failed")
        answer = post(cast.editor, f"{path}resume/", {"snapshot": 1})
        assert (answer.status_code, answer.json()["status"]) == (200, "running")
        run.drive()
        assert run.statuses == {"a": "completed", "w": "waiting", "b": "pending"}
        assert (len(run.attempts("a")), len(run.attempts("w"))) == (1, tries)
    with scope(cast.editor.actor):
        rows = NodeEvent.objects.filter(event_type="WorkflowExecutionResumed")
        resumed = rows.order_by("sequence").last()
    assert resumed is not None
    assert resumed.data["snapshot"] == 1


def approve(person: Person, run: Started, step_id: str) -> None:
    path = f"/api/v1/executions/{run.pk}/steps/{step_id}/complete/"
    assert post(person, path, {"decision": "approve"}).status_code == 200
    run.drive()


def test_a_map_that_runs_once_more_takes_its_items_anew(cast: Cast) -> None:
    inner = {"kind": "transform", "params": {"value": "${{ item }}"}}
    items = {"items": "${{ inputs.n }}", "step": inner}
    plan = plan_of(
        step("ask", "human_task", params={"title": "Go?"}),
        step("m", "map", params=items, depends_on=("ask",)),
    )
    run = start(cast.owner.actor, plan, {"n": [1, 2, 3]}).drive()
    post(cast.owner, snapshots(run))
    approve(cast.owner, run, "ask")
    assert run.row.outputs["m"] == [1, 2, 3]
    change_row(cast.owner, run, status="failed")

    post(cast.owner, snapshots(run, "1/restore/"))
    assert run.statuses == {
        "ask": "pending", "m": "pending", "m[0]": "pending", "m[1]": "pending", "m[2]": "pending"
    }  # fmt: skip
    change_row(cast.owner, run, inputs={"n": [7, 8]})
    post(cast.owner, f"/api/v1/executions/{run.pk}/resume/")
    run.drive()
    approve(cast.owner, run, "ask")

    assert (run.row.status, run.row.outputs["m"]) == ("completed", [7, 8])
    assert [one.number for one in run.attempts("m[1]")] == [1, 2]
    assert run.statuses["m[2]"] == "skipped: manual"


def test_a_map_that_was_under_way_keeps_the_items_that_were_done(cast: Cast) -> None:
    inner = {"kind": "human_task", "params": {"title": "Check ${{ item }}"}}
    plan = plan_of(step("m", "map", params={"items": ["x", "y"], "step": inner}))
    run = start(cast.owner.actor, plan).drive()
    approve(cast.owner, run, "m[0]")
    post(cast.owner, snapshots(run))
    approve(cast.owner, run, "m[1]")
    assert run.row.status == "completed"
    change_row(cast.owner, run, status="failed")

    post(cast.owner, snapshots(run, "1/restore/"))
    assert run.statuses == {"m": "waiting", "m[0]": "completed", "m[1]": "pending"}
    post(cast.owner, f"/api/v1/executions/{run.pk}/resume/")
    run.drive()
    approve(cast.owner, run, "m[1]")

    assert run.row.status == "completed"
    assert [one["decision"] for one in run.row.outputs["m"]] == ["approve", "approve"]
    assert (len(run.attempts("m[0]")), len(run.attempts("m[1]"))) == (1, 2)


def test_restoring_is_refused_where_it_makes_no_sense(cast: Cast) -> None:
    run = failing(cast.editor)
    running = start(cast.editor.actor, plan_of(step("a", "delay", params={"seconds": 99}))).drive()
    post(cast.editor, snapshots(running))

    assert refusal(post(cast.editor, snapshots(run, "7/restore/"))) == (404, "not_found")
    assert refusal(post(cast.editor, snapshots(running, "1/restore/"))) == (
        409,
        "invalid_transition",
    )
    assert refusal(post(cast.viewer, snapshots(run, "1/restore/"))) == (403, "permission_denied")
    with scope(cast.editor.actor):
        ExecutionSnapshot.objects.filter(execution=run.pk).update(status="failed")
    assert refusal(post(cast.editor, snapshots(run, "1/restore/"))) == (409, "not_restorable")
    path = f"/api/v1/executions/{run.pk}/resume/"
    assert refusal(post(cast.editor, path, {"snapshot": 7})) == (404, "not_found")
    assert run.row.status == "failed"


def test_numbers_are_never_given_twice(cast: Cast) -> None:
    run = failing(cast.editor)
    for _ in range(2):
        post(cast.editor, snapshots(run))
    assert numbers(cast.viewer, run) == [3, 2, 1]

    assert cast.viewer.client.delete(snapshots(run, "3/")).status_code == 403
    assert cast.editor.client.delete(snapshots(run, "3/")).status_code == 204
    assert cast.editor.client.delete(snapshots(run, "3/")).status_code == 404
    assert cast.editor.client.get(snapshots(run, "3/")).status_code == 404

    assert post(cast.editor, snapshots(run)).json()["number"] == 4
    assert numbers(cast.viewer, run) == [4, 2, 1]


def test_the_newest_are_kept(cast: Cast, settings: Settings) -> None:
    settings.SNAPSHOT_KEEP = 3
    run = failing(cast.editor)

    for _ in range(4):
        post(cast.editor, snapshots(run))

    assert numbers(cast.viewer, run) == [5, 4, 3]


def test_a_longer_run_is_written_down_from_time_to_time(cast: Cast, settings: Settings) -> None:
    settings.SNAPSHOT_INTERVAL = 60
    plan = plan_of(step("a"), step("w", "delay", params={"seconds": 3600}, depends_on=("a",)))
    run = start(cast.editor.actor, plan).drive()
    planned = run.row.snapshot_at
    assert planned is not None
    assert run.row.wake_at == planned
    assert numbers(cast.viewer, run) == []

    change_row(cast.editor, run, snapshot_at=timezone.now() - timedelta(seconds=1))
    run.drive()

    assert numbers(cast.viewer, run) == [1]
    # Nothing happens until it wakes, so that nothing more is to be written down.
    assert run.row.snapshot_at is None
    run.drive()
    assert numbers(cast.viewer, run) == [1]
