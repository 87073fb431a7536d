"""Stopping, holding, resuming, retrying and replaying runs over REST."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.choices import Role
from accounts.tenancy import scope
from config.ids import uuid7
from node_links.models import EventDelivery, NodeEvent
from spindles.models import Execution
from spindles.plans.plan import Plan
from tests.factories import Cast, Person, make_model, make_person
from tests.spindles.runs import Started, plan_of, start, step
from tests.spindles.stored_runs import at, make_run

pytestmark = pytest.mark.django_db

BROKEN = {"expression": "inputs.missing"}


def ask(person: Person, run: Started | Execution, act: str, body: Any = None) -> Any:
    return person.client.post(f"/api/v1/executions/{run.pk}/{act}/", body or {}, format="json")


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def chain(*, broken: bool = True) -> Plan:
    """Return a, b and c, one after the other; b fails where `broken`, until n is given."""
    expression = "inputs.n" if broken else "1"
    return plan_of(
        step("a", "transform", params={"value": "A"}),
        step("b", "transform", params={"expression": expression}, depends_on=("a",)),
        step("c", "transform", params={"value": "${{ steps.b.output }}"}, depends_on=("b",)),
    )


def sleeping(*more: Any) -> Plan:
    """Return a plan whose first step sleeps for an hour."""
    return plan_of(
        step("a", "delay", params={"seconds": 3600}), step("b", depends_on=("a",)), *more
    )


def follow(person: Person, response: Any) -> Started:
    """Return the run that an answer names."""
    return Started(person.actor, response.json()["id"])


def events_of(person: Person, run: Started) -> list[str]:
    with scope(person.actor):
        rows = NodeEvent.objects.filter(entity_id=run.pk).order_by("sequence")
        return list(rows.values_list("event_type", flat=True))


def test_a_cancelled_run_is_over_with_its_open_steps(cast: Cast) -> None:
    run = start(cast.editor.actor, sleeping()).drive()

    response = ask(cast.editor, run, "cancel", {"reason": "No."})

    body = response.json()
    assert (response.status_code, body["status"], body["status_reason"]) == (
        200,
        "cancelled",
        "No.",
    )
    assert body["completed_at"] is not None
    assert run.statuses == {"a": "cancelled", "b": "cancelled"}
    assert [one.status for one in run.attempts("a")] == ["cancelled"]
    with scope(cast.editor.actor):
        event = NodeEvent.objects.get(event_type="WorkflowExecutionCancelled")
    assert event.data["reason"] == "No."
    assert event.data["cancelled_by"] == str(cast.editor.user.pk)
    assert (event.user_id, event.execution_id) == (cast.editor.user.pk, run.pk)


def test_cancelling_reaches_the_runs_that_a_run_started(cast: Cast) -> None:
    root = start(cast.editor.actor, sleeping())
    with scope(cast.editor.actor):
        child = start(cast.editor.actor, sleeping(), parent_id=root.pk, parent_step_id="a")
        below = start(cast.editor.actor, sleeping(), parent_id=child.pk, parent_step_id="a")

    assert ask(cast.editor, root, "cancel").status_code == 200

    assert (child.row.status, below.row.status) == ("cancelled", "cancelled")


@pytest.mark.parametrize(
    ("status", "act", "allowed"),
    [
        ("completed", "cancel", []),
        ("cancelled", "cancel", []),
        ("failed", "cancel", ["running", "paused"]),
        ("paused", "pause", ["running", "cancelled"]),
        ("completed", "pause", []),
        ("failed", "pause", ["running", "paused"]),
        ("pending", "resume", ["running", "paused", "cancelled"]),
        ("running", "resume", ["paused", "completed", "failed", "cancelled"]),
        ("completed", "resume", []),
        ("cancelled", "resume", []),
        ("running", "retry", ["paused", "completed", "failed", "cancelled"]),
        ("paused", "replay", ["running", "cancelled"]),
        ("completed", "retry", []),
    ],
)
def test_a_state_without_that_arrow_is_refused(
    cast: Cast, status: str, act: str, allowed: list[str]
) -> None:
    run = make_run(cast.editor, make_model(cast.editor), status=status)

    response = ask(cast.editor, run, act)

    assert refusal(response) == (409, "invalid_transition")
    assert (response.json()["current"], response.json()["allowed"]) == (status, allowed)
    with scope(cast.editor.actor):
        assert Execution.objects.get(pk=run.pk).status == status
        assert Execution.objects.count() == 1


def test_the_state_is_told_before_the_body_is_looked_at(cast: Cast) -> None:
    run = make_run(cast.editor, make_model(cast.editor), status="completed")

    assert refusal(ask(cast.editor, run, "cancel", {"colour": 1})) == (409, "invalid_transition")
    assert refusal(ask(cast.viewer, run, "cancel", {"colour": 1})) == (403, "permission_denied")


def test_a_run_is_controlled_by_its_starter_and_the_editors_of_what_runs(cast: Cast) -> None:
    executor = make_person(Role.VIEWER, cast.organization)
    model = make_model(cast.editor)

    for person, code in (
        (cast.viewer, 403),
        (cast.stranger, 404),
        (executor, 200),
        (cast.editor, 200),
        (cast.admin, 200),
        (cast.owner, 200),
    ):
        run = make_run(executor, model, status="running")
        assert ask(person, run, "pause").status_code == code, person.role
        with scope(cast.owner.actor):
            paused = Execution.objects.get(pk=run.pk).status == "paused"
        assert paused == (code == 200)


def test_new_runs_of_old_ones_need_the_right_to_execute(cast: Cast) -> None:
    executor = make_person(Role.VIEWER, cast.organization)
    permissions = {"executors": [str(executor.user.pk)]}
    model = make_model(cast.editor, permissions=permissions)
    run = make_run(cast.viewer, model, status="failed")

    assert refusal(ask(cast.viewer, run, "retry")) == (403, "permission_denied")
    assert refusal(ask(cast.viewer, run, "replay")) == (403, "permission_denied")
    assert ask(executor, run, "retry").status_code == 202
    assert ask(executor, run, "replay").status_code == 202
    assert refusal(ask(cast.stranger, run, "retry")) == (404, "not_found")


def test_a_paused_run_starts_nothing_until_it_is_resumed(cast: Cast) -> None:
    run = start(cast.editor.actor, chain(broken=False))

    paused = ask(cast.editor, run, "pause").json()
    run.drive()
    assert (paused["status"], run.statuses["a"]) == ("paused", "pending")

    resumed = ask(cast.editor, run, "resume").json()
    assert resumed["status"] == "pending"
    run.drive()

    assert run.row.status == "completed"
    assert [name for name in events_of(cast.editor, run) if name.startswith("WorkflowE")] == [
        "WorkflowExecutionStarted",
        "WorkflowExecutionPaused",
        "WorkflowExecutionResumed",
        "WorkflowExecutionCompleted",
    ]


def test_a_paused_run_that_had_begun_goes_on_where_it_was(cast: Cast) -> None:
    run = start(cast.editor.actor, sleeping()).drive()
    started = run.row.started_at

    ask(cast.editor, run, "pause")
    assert run.statuses == {"a": "waiting", "b": "pending"}
    assert run.row.holds_slot is False
    response = ask(cast.editor, run, "resume")

    assert (response.status_code, response.json()["status"]) == (200, "running")
    assert run.row.started_at == started
    assert len(run.attempts("a")) == 1


def test_a_failed_run_is_resumed_at_what_failed(cast: Cast) -> None:
    run = start(cast.editor.actor, chain()).drive()
    assert run.statuses == {"a": "completed", "b": "failed", "c": "skipped: dependency_failed"}
    with scope(cast.editor.actor):
        Execution.objects.filter(pk=run.pk).update(inputs={"n": 7})

    response = ask(cast.editor, run, "resume")
    run.drive()

    assert (response.status_code, response.json()["status"]) == (200, "running")
    assert (response.json()["error"], response.json()["completed_at"]) == (None, None)
    assert run.row.status == "completed"
    assert run.row.outputs == {"a": "A", "b": 7, "c": 7}
    assert [one.number for one in run.attempts("a")] == [1]
    assert [(one.number, one.status) for one in run.attempts("b")] == [
        (1, "failed"),
        (2, "success"),
    ]


def test_failed_steps_can_be_left_out(cast: Cast) -> None:
    plan = plan_of(step("a", "transform", params=BROKEN), step("b", depends_on=("a",)), step("c"))
    run = start(cast.editor.actor, plan).drive()

    assert ask(cast.editor, run, "resume", {"skip_failed_steps": True}).status_code == 200
    run.drive()

    assert run.statuses == {"a": "skipped: manual", "b": "completed", "c": "completed"}
    assert (run.row.status, run.row.error) == ("completed", None)


def test_a_failed_run_with_nothing_left_is_not_resumed(cast: Cast) -> None:
    run = start(cast.editor.actor, sleeping(), timeout=0.000001).drive().drive()
    assert (run.row.error or {})["code"] == "run_timeout"

    assert refusal(ask(cast.editor, run, "resume")) == (409, "nothing_to_resume")
    assert run.row.status == "failed"


def test_a_map_is_resumed_at_the_items_that_failed(cast: Cast) -> None:
    inner = {"kind": "transform", "params": {"expression": "item == 2 ? inputs.n : item"}}
    plan = plan_of(step("m", "map", params={"items": [1, 2, 3], "step": inner}))
    run = start(cast.editor.actor, plan).drive()
    assert run.statuses["m"] == "failed"
    before = {name: len(run.attempts(name)) for name in ("m[0]", "m[1]")}
    with scope(cast.editor.actor):
        Execution.objects.filter(pk=run.pk).update(inputs={"n": 20})

    ask(cast.editor, run, "resume")
    run.drive()

    assert run.row.status == "completed"
    assert run.row.outputs == {"m": [1, 20, 3]}
    assert len(run.attempts("m[0]")) == before["m[0]"]
    assert len(run.attempts("m[1]")) == before["m[1]"] + 1
    assert [(one.number, one.status) for one in run.attempts("m")] == [
        (1, "failed"),
        (2, "success"),
    ]


def test_a_retry_takes_over_what_was_completed(cast: Cast) -> None:
    run = start(cast.owner.actor, chain(), {"x": 1}).drive()

    response = ask(cast.owner, run, "retry")
    body = response.json()
    new = follow(cast.owner, response)

    assert response.status_code == 202
    assert response["Location"].endswith(f"/api/v1/executions/{new.pk}/")
    assert (body["retry_of"], body["inputs"]) == (str(run.pk), {"x": 1})
    assert body["progress"] == {"completed": 1, "total": 3, "percent": 33.33}
    assert new.statuses == {"a": "completed", "b": "pending", "c": "pending"}
    new.drive()
    assert new.attempts("a") == []
    assert len(new.attempts("b")) == 1
    assert new.row.outputs == {"a": "A"}
    assert run.row.status == "failed"


def test_a_large_output_that_is_taken_over_has_a_file_of_its_own(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    large = step("a", "transform", params={"value": "x" * 70_000})
    plan = plan_of(large, step("b", "transform", params=BROKEN, depends_on=("a",)))
    run = start(cast.owner.actor, plan).drive()

    new = follow(cast.owner, ask(cast.owner, run, "retry"))

    old_file, new_file = run.steps["a"].output_file, new.steps["a"].output_file
    assert new_file.startswith(f"executions/{cast.organization.pk}/{new.pk}/")
    assert (tmp_path / new_file).read_bytes() == (tmp_path / old_file).read_bytes()
    shown = cast.viewer.client.get(at(new.row, "steps/a/")).json()
    assert shown["output"] == "x" * 70_000


def test_a_retry_from_a_step_runs_it_and_what_comes_after(cast: Cast) -> None:
    plan = plan_of(
        step("a", "transform", params={"value": "${{ inputs.n }}"}),
        step("b", "transform", params={"value": "${{ inputs.n }}"}, depends_on=("a",)),
        step("c", depends_on=("b",)),
        step("d", "transform", params={"value": "D"}),
    )
    run = start(cast.owner.actor, plan, {"n": 1}).drive()
    assert run.row.status == "completed"

    new = follow(cast.owner, ask(cast.owner, run, "retry", {"from_step": "b"})).drive()

    assert new.row.outputs == {"a": 1, "b": 1, "d": "D"}
    assert {name: len(new.attempts(name)) for name in "abcd"} == {"a": 0, "b": 1, "c": 1, "d": 0}


def test_wrong_retries_are_refused_and_start_nothing(cast: Cast) -> None:
    run = start(cast.owner.actor, chain(broken=False)).drive()

    unknown = ask(cast.owner, run, "retry", {"from_step": "x"})
    inputs = ask(cast.owner, start(cast.owner.actor, chain()).drive(), "retry", {"inputs": {}})

    assert refusal(ask(cast.owner, run, "retry")) == (409, "invalid_transition")
    assert [(e["pointer"], e["code"]) for e in unknown.json()["errors"]] == [
        ("/from_step", "invalid_choice")
    ]
    assert [(e["pointer"], e["code"]) for e in inputs.json()["errors"]] == [
        ("/inputs", "requires_from_step")
    ]
    with scope(cast.owner.actor):
        assert Execution.objects.filter(retry_of__isnull=False).count() == 0


def test_a_replay_of_pure_steps_matches_in_full(cast: Cast) -> None:
    run = start(cast.owner.actor, chain(), {"n": 5}).drive()

    response = ask(cast.owner, run, "replay", {"mode": "full"})
    new = follow(cast.owner, response).drive()

    body = cast.viewer.client.get(at(new.row)).json()
    assert response.status_code == 202
    assert (body["replay_of"], body["replay_mode"]) == (str(run.pk), "full")
    assert (body["match_percent"], body["divergences"]) == (100.0, [])
    assert {name: len(new.attempts(name)) for name in "abc"} == {"a": 1, "b": 1, "c": 1}


def test_what_comes_out_otherwise_in_a_replay_is_told(cast: Cast) -> None:
    value = {"value": "${{ execution.id }}"}
    plan = plan_of(step("a"), step("b", "transform", params=value), step("c"))
    run = start(cast.owner.actor, plan).drive()

    new = follow(cast.owner, ask(cast.owner, run, "replay", {"mode": "full"})).drive()

    recorded, replayed = run.steps["b"].output_hash, new.steps["b"].output_hash
    assert recorded != replayed
    assert (str(new.row.match_percent), new.row.divergences) == (
        "66.67",
        [{"step_id": "b", "recorded": recorded, "replayed": replayed}],
    )


def test_a_replay_from_a_step_takes_over_what_stands_before_it(cast: Cast) -> None:
    run = start(cast.owner.actor, chain(), {"n": 5}).drive()

    body = {"mode": "from_step", "start_from_step": "b"}
    new = follow(cast.owner, ask(cast.owner, run, "replay", body)).drive()
    missing = ask(cast.owner, run, "replay", {"mode": "from_step"})
    unknown = ask(cast.owner, run, "replay", {"mode": "from_step", "start_from_step": "x"})

    assert {name: len(new.attempts(name)) for name in "abc"} == {"a": 0, "b": 1, "c": 1}
    assert str(new.row.match_percent) == "100.00"
    assert [(e["pointer"], e["code"]) for e in missing.json()["errors"]] == [
        ("/start_from_step", "required")
    ]
    assert [(e["pointer"], e["code"]) for e in unknown.json()["errors"]] == [
        ("/start_from_step", "invalid_choice")
    ]


def test_a_replay_of_what_failed_runs_that_again(cast: Cast) -> None:
    run = start(cast.owner.actor, chain()).drive()
    good = start(cast.owner.actor, chain(broken=False)).drive()

    new = follow(cast.owner, ask(cast.owner, run, "replay", {"mode": "failed_only"})).drive()

    assert new.statuses == {"a": "completed", "b": "failed", "c": "skipped: dependency_failed"}
    assert (len(new.attempts("a")), str(new.row.match_percent)) == (0, "100.00")
    assert refusal(ask(cast.owner, good, "replay", {"mode": "failed_only"})) == (
        409,
        "invalid_transition",
    )


def test_steps_with_an_effect_are_answered_from_the_recording(cast: Cast) -> None:
    until = step("ask", "human_task", params={"title": "Approve"})
    run = start(cast.owner.actor, plan_of(until)).drive()
    done = cast.owner.client.post(
        f"/api/v1/executions/{run.pk}/steps/ask/complete/", {"decision": "approve"}, format="json"
    )
    assert done.status_code == 200
    run.drive()
    assert run.row.status == "completed"

    quiet = follow(cast.owner, ask(cast.owner, run, "replay", {"mode": "full"})).drive()
    live = follow(cast.owner, ask(cast.owner, run, "replay", {"live": True})).drive()

    assert quiet.steps["ask"].output == run.steps["ask"].output
    assert (quiet.row.status, str(quiet.row.match_percent)) == ("completed", "100.00")
    assert live.statuses == {"ask": "waiting"}


def test_nobody_hears_of_a_replay_that_is_not_live(cast: Cast) -> None:
    run = start(cast.owner.actor, chain(), {"n": 5}).drive()
    new = follow(cast.owner, ask(cast.owner, run, "replay")).drive()

    with scope(cast.owner.actor):
        assert EventDelivery.objects.filter(entity_id=run.pk).exists()
        assert not EventDelivery.objects.filter(entity_id=new.pk).exists()
    assert "WorkflowExecutionCompleted" in events_of(cast.owner, new)


def test_a_pending_step_can_be_skipped_by_hand(cast: Cast) -> None:
    run = start(cast.editor.actor, sleeping(step("c", depends_on=("b",)))).drive()
    path = f"/api/v1/executions/{run.pk}/steps/"

    response = cast.editor.client.post(f"{path}b/skip/", {"reason": "By hand."}, format="json")

    assert response.status_code == 200
    assert run.statuses["b"] == "skipped: manual"
    assert run.steps["b"].note == "By hand."
    for step_id, code in (("a", 409), ("b", 409), ("x", 404)):
        again = cast.editor.client.post(f"{path}{step_id}/skip/", {}, format="json")
        assert again.status_code == code
    assert cast.stranger.client.post(f"{path}c/skip/", {}, format="json").status_code == 404
    assert cast.viewer.client.post(f"{path}c/skip/", {}, format="json").status_code == 403
    assert run.statuses["c"] == "pending"


def test_unknown_runs_are_not_found(cast: Cast) -> None:
    for act in ("cancel", "pause", "resume", "retry", "replay"):
        response = cast.owner.client.post(f"/api/v1/executions/{uuid7()}/{act}/")
        assert refusal(response) == (404, "not_found")
