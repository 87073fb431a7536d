"""Who is told of runs and of the tasks that they have for people."""

from typing import Any
from uuid import UUID

import pytest

from accounts.tenancy import scope
from node_links.notifications.kinds import kinds
from tests.factories import Cast, Person, make_spindle
from tests.node_links.notifications.conftest import deliver, people_told, stored_event, told
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db

FAILING = {"expression": "inputs.missing"}


def asking(person: Person, *assignees: str, **more: Any) -> Started:
    """Return a run that waits for a person."""
    params = {"title": "Approve the report", "assignees": list(assignees)}
    return start(person.actor, plan_of(step("ask", "human_task", params=params)), **more).drive()


def failing(person: Person, **more: Any) -> Started:
    """Return a run that has failed."""
    return start(person.actor, plan_of(step("a", "transform", params=FAILING)), **more).drive()


def event(run: Started, name: str) -> Any:
    return stored_event(run.pk, name)


def test_the_assignees_of_a_task_are_told(cast: Cast) -> None:
    run = asking(cast.owner, cast.viewer.user.email, "editor")

    deliver(event(run, "StepExecutionWaiting"))

    assert people_told(kind="human_task") == {cast.viewer.user.pk, cast.editor.user.pk}
    notice = told(kind="human_task", channel="in_app")[0]
    assert notice.title == "To do: Approve the report"
    assert notice.body == "It is part of a run of Sample."
    assert notice.url == f"/api/v1/executions/{run.pk}/"


def test_only_those_are_told_to_whom_a_task_is_given_anew(cast: Cast) -> None:
    run = asking(cast.owner, str(cast.viewer.user.pk))
    path = f"/api/v1/executions/{run.pk}/steps/ask/assign/"
    body = {"assignees": [str(cast.viewer.user.pk), str(cast.admin.user.pk)]}
    assert cast.owner.client.post(path, body, format="json").status_code == 200

    deliver(event(run, "StepExecutionAssigned"))

    assert people_told() == {cast.admin.user.pk}


def test_what_waits_for_no_person_or_is_over_is_not_told(cast: Cast) -> None:
    asleep = start(cast.owner.actor, plan_of(step("a", "delay", params={"seconds": 60}))).drive()
    trial = asking(cast.owner, "viewer", environment="development")
    answered = asking(cast.owner, "viewer")
    path = f"/api/v1/executions/{answered.pk}/steps/ask/complete/"
    cast.owner.client.post(path, {"decision": "approve"}, format="json")

    for run in (asleep, trial, answered):
        deliver(event(run, "StepExecutionWaiting"))

    assert told() == []


def test_a_failed_run_is_told_to_its_starter_and_the_owner_of_what_ran(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)
    run = failing(cast.viewer, source_id=spindle.pk)

    deliver(event(run, "WorkflowExecutionFailed"))

    assert people_told() == {cast.viewer.user.pk, cast.editor.user.pk}
    notice = told(channel="in_app")[0]
    assert (notice.title, notice.body) == ("Failed: Sample", "It failed at: a.")
    # Repeated failures of one spindle are one matter, whichever run they happen in.
    assert (notice.feature_type, notice.entity_id) == ("spindle", spindle.pk)


def test_a_completed_run_is_told_to_who_started_it_by_hand(cast: Cast) -> None:
    by_hand = start(cast.viewer.actor, plan_of(step("a"))).drive()
    triggered = start(cast.viewer.actor, plan_of(step("a")), trigger_kind="schedule").drive()

    for run in (by_hand, triggered):
        deliver(event(run, "WorkflowExecutionCompleted"))

    assert people_told() == {cast.viewer.user.pk}
    assert {row.url for row in told()} == {f"/api/v1/executions/{by_hand.pk}/"}


@pytest.mark.parametrize("name", ["environment", "parent_id", "replay_of_id"])
def test_of_trials_parts_and_replays_nobody_is_told(cast: Cast, name: str) -> None:
    other = start(cast.owner.actor, plan_of(step("a"))).drive()
    values: dict[str, str | UUID] = {
        "environment": "development",
        "parent_id": other.pk,
        "replay_of_id": other.pk,
    }
    run = failing(cast.owner, **{name: values[name]})

    deliver(event(run, "WorkflowExecutionFailed"))

    assert told() == []


def test_the_kind_can_be_chosen(cast: Cast) -> None:
    with scope(cast.owner.actor):
        kind = kinds.get("human_task")
    assert kind is not None
    assert kind.event_types == ("StepExecutionWaiting", "StepExecutionAssigned")
