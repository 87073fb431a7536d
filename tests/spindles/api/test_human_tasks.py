"""Tasks for people: who is asked, the answer, giving them to others, and the list of open ones."""

from typing import Any

import pytest

from accounts.choices import Role
from accounts.tenancy import scope
from node_links.models import NodeEvent
from tests.factories import Cast, Person, make_person
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "properties": {"severity": {"enum": ["low", "high"]}, "note/s": {"type": "string"}},
    "required": ["severity"],
    "additionalProperties": False,
}
TASKS = "/api/v1/executions/tasks/"


def asking(person: Person, **params: Any) -> Started:
    """Return a run that waits for a person at step `ask`."""
    plan = plan_of(
        step("ask", "human_task", params={"title": "Approve it", **params}),
        step("then", "transform", params={"value": "done"}, depends_on=("ask",)),
    )
    return start(person.actor, plan).drive()


def answer(person: Person, run: Started, act: str = "complete", **body: Any) -> Any:
    path = f"/api/v1/executions/{run.pk}/steps/ask/{act}/"
    return person.client.post(path, body, format="json")


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def faults(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


def listed(person: Person, query: str = "") -> list[str]:
    response = person.client.get(f"{TASKS}{query}")
    assert response.status_code == 200, response.content
    return [row["execution_id"] for row in response.json()["results"]]


def test_an_approval_lets_the_run_go_on(cast: Cast) -> None:
    run = asking(cast.owner, assignees=[cast.viewer.user.email])

    response = answer(cast.viewer, run, decision="approve", comment="Fine.")
    run.drive()

    assert response.status_code == 200
    assert run.row.outputs["ask"] == {
        "decision": "approve",
        "comment": "Fine.",
        "by": str(cast.viewer.user.pk),
    }
    assert run.row.status == "completed"
    with scope(cast.owner.actor):
        event = NodeEvent.objects.get(event_type="StepExecutionCompleted", node_id="ask")
    assert event.user_id == cast.viewer.user.pk


def test_a_rejection_fails_the_step_and_is_not_tried_again(cast: Cast) -> None:
    run = asking(cast.owner)

    answer(cast.owner, run, decision="reject", comment="Too dear.")
    run.drive()

    assert run.statuses == {"ask": "failed", "then": "skipped: dependency_failed"}
    error = run.steps["ask"].error or {}
    assert (error["code"], error["message"]) == ("rejected", "It was rejected: Too dear.")
    assert len(run.attempts("ask")) == 1


def test_a_rejection_can_let_the_run_go_on(cast: Cast) -> None:
    run = asking(cast.owner, on_reject="continue")

    answer(cast.owner, run, decision="reject")
    run.drive()

    assert run.row.status == "completed"
    assert run.row.outputs["ask"]["decision"] == "reject"


def test_a_form_is_checked_and_a_wrong_one_leaves_the_task_open(cast: Cast) -> None:
    run = asking(cast.owner, mode="form", schema=SCHEMA)

    wrong = answer(cast.owner, run, output={"severity": "odd", "note/s": 1, "more": 2})
    missing = answer(cast.owner, run, comment="x")
    assert sorted(faults(wrong)) == [
        ("/output", "invalid"),
        ("/output/note~1s", "invalid"),
        ("/output/severity", "invalid"),
    ]
    assert faults(missing) == [("/output", "required")]
    assert faults(answer(cast.owner, run, output={})) == [("/output", "invalid")]
    assert run.statuses["ask"] == "waiting"

    assert answer(cast.owner, run, output={"severity": "high"}).status_code == 200
    run.drive()
    assert run.row.outputs["ask"] == {"severity": "high"}


def test_a_form_can_be_rejected(cast: Cast) -> None:
    run = asking(cast.owner, mode="form", schema=SCHEMA)

    assert answer(cast.owner, run, decision="reject").status_code == 200

    assert run.statuses["ask"] == "failed"


def test_a_decision_is_needed_and_must_be_one(cast: Cast) -> None:
    run = asking(cast.owner)

    assert faults(answer(cast.owner, run)) == [("/decision", "required")]
    assert faults(answer(cast.owner, run, decision="maybe")) == [("/decision", "invalid_choice")]
    assert run.statuses["ask"] == "waiting"


def test_only_assignees_and_administrators_answer(cast: Cast) -> None:
    other = make_person(Role.VIEWER, cast.organization)
    for name in (str(other.user.pk), other.user.email.upper(), "viewer"):
        run = asking(cast.owner, assignees=[name])
        assert refusal(answer(cast.editor, run, decision="approve")) == (403, "permission_denied")
        assert refusal(answer(cast.stranger, run, decision="approve")) == (404, "not_found")
        assert run.statuses["ask"] == "waiting"
        assert answer(other, run, decision="approve").status_code == 200
    run = asking(cast.owner, assignees=[str(other.user.pk)])
    assert answer(cast.admin, run, decision="approve").status_code == 200


def test_a_task_that_names_nobody_is_for_whoever_controls_the_run(cast: Cast) -> None:
    run = asking(cast.editor)

    assert refusal(answer(cast.viewer, run, decision="approve")) == (403, "permission_denied")
    assert answer(cast.editor, run, decision="approve").status_code == 200


def test_a_second_answer_is_refused(cast: Cast) -> None:
    run = asking(cast.owner)
    answer(cast.owner, run, decision="approve")

    assert refusal(answer(cast.owner, run, decision="reject")) == (409, "already_completed")
    path = f"/api/v1/executions/{run.pk}/steps/then/complete/"
    other = cast.owner.client.post(path, {"decision": "approve"}, format="json")
    assert refusal(other) == (409, "invalid_transition")
    assert run.statuses["ask"] == "completed"


def test_a_task_of_a_cancelled_run_is_not_open(cast: Cast) -> None:
    run = asking(cast.owner)
    cast.owner.client.post(f"/api/v1/executions/{run.pk}/cancel/")

    assert refusal(answer(cast.owner, run, decision="approve")) == (409, "already_completed")
    assert listed(cast.owner) == []


def test_an_item_of_a_map_can_be_a_task(cast: Cast) -> None:
    inner = {"kind": "human_task", "params": {"title": "Check ${{ item }}"}}
    plan = plan_of(step("m", "map", params={"items": ["x", "y"], "step": inner}))
    run = start(cast.owner.actor, plan).drive()
    assert sorted(one["title"] for one in cast.owner.client.get(TASKS).json()["results"]) == [
        "Check x",
        "Check y",
    ]

    for item in ("m[0]", "m[1]"):
        path = f"/api/v1/executions/{run.pk}/steps/{item}/complete/"
        assert (
            cast.owner.client.post(path, {"decision": "approve"}, format="json").status_code == 200
        )
    run.drive()

    assert run.row.status == "completed"
    assert [one["decision"] for one in run.row.outputs["m"]] == ["approve", "approve"]


def test_the_open_tasks_are_those_that_one_may_answer(cast: Cast) -> None:
    mine = asking(cast.owner, assignees=[str(cast.viewer.user.pk)])
    role = asking(cast.owner, assignees=["editor"])
    nobody = asking(cast.owner)
    own = asking(cast.viewer)
    asking(cast.stranger)

    def pks(*runs: Started) -> list[str]:
        return [str(run.pk) for run in runs]

    assert listed(cast.viewer) == pks(mine, own)
    assert listed(cast.viewer, "?assignee=me") == pks(mine)
    assert listed(cast.editor) == pks(role, nobody, own)
    assert listed(cast.editor, "?assignee=me") == pks(role)
    assert listed(cast.admin) == pks(mine, role, nobody, own)
    assert listed(cast.admin, "?assignee=me") == []
    assert faults(cast.admin.client.get(f"{TASKS}?assignee=ann")) == [
        ("?assignee", "invalid_choice")
    ]


def test_a_task_tells_what_is_asked(cast: Cast) -> None:
    run = asking(cast.owner, mode="form", schema=SCHEMA, proposal={"severity": "low"})

    [task] = cast.owner.client.get(TASKS).json()["results"]

    assert (task["execution_id"], task["step_id"]) == (str(run.pk), "ask")
    assert (task["title"], task["mode"], task["schema"]) == ("Approve it", "form", SCHEMA)
    assert (task["proposal"], task["assignees"]) == ({"severity": "low"}, [])
    assert task["source"]["name"] == "Sample"
    assert task["expires_at"] is not None


def test_a_task_is_given_to_others(cast: Cast) -> None:
    run = asking(cast.owner, assignees=[cast.editor.user.email])

    response = answer(
        cast.owner, run, "assign", assignees=[str(cast.viewer.user.pk), cast.editor.user.email]
    )

    assert response.status_code == 200
    assert listed(cast.viewer, "?assignee=me") == [str(run.pk)]
    with scope(cast.owner.actor):
        event = NodeEvent.objects.get(event_type="StepExecutionAssigned")
    assert event.data["assignees"] == [str(cast.viewer.user.pk)]
    assert answer(cast.viewer, run, decision="approve").status_code == 200
    assert refusal(answer(cast.owner, run, "assign", assignees=["admin"])) == (
        409,
        "already_completed",
    )


def test_tasks_are_given_to_members_and_roles_only(cast: Cast) -> None:
    run = asking(cast.owner, assignees=["owner"])
    stranger = cast.stranger.user.email

    assert faults(answer(cast.owner, run, "assign", assignees=["admin", stranger])) == [
        ("/assignees/1", "not_a_member")
    ]
    assert answer(cast.owner, run, "assign", assignees=[]).status_code == 400
    assert refusal(answer(cast.viewer, run, "assign", assignees=["viewer"])) == (
        403,
        "permission_denied",
    )
    assert run.steps["ask"].wait["assignees"] == ["owner"]
