"""Starting spindles over REST, and the runs of one."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from accounts.tenancy import scope
from node_links.models import NodeEvent
from spindles.models import Execution, Spindle
from spindles.services.publishing import publish_spindle
from tests.accounts.conftest import bearer, make_key
from tests.factories import Cast, Person, make_person, make_spindle
from tests.observing import UNKNOWN, answered, refused
from tests.spindles.api.observing import address, faults
from tests.spindles.definitions.writing import step
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db

INPUTS = [{"name": "n", "type": "integer"}, {"name": "m", "type": "integer", "default": 2}]
SUM = {"expression": "inputs.n + inputs.m"}


def published(person: Person, **values: Any) -> Spindle:
    """Return a spindle whose 1.0.0 is live."""
    steps = [step("a", kind="transform", params=SUM)]
    spindle = make_spindle(person, **{"steps": steps, "inputs": INPUTS, **values})
    with scope(person.actor):
        return publish_spindle(actor=person.actor, pk=spindle.pk)


def execute(person: Person, spindle: Any, **body: Any) -> Any:
    return person.client.post(address(spindle, "execute/"), body, format="json")


def count(person: Person) -> tuple[int, int]:
    """Return how many runs and events there are."""
    with scope(person.actor):
        return Execution.objects.count(), NodeEvent.objects.count()


def test_the_live_version_runs(cast: Cast) -> None:
    spindle = published(cast.editor)

    response = execute(cast.editor, spindle, inputs={"n": 40}, priority=9, environment="staging")
    body = answered(response, 202)
    run = Started(cast.editor.actor, body["id"]).drive()

    assert response["Location"] == f"http://testserver/api/v1/executions/{body['id']}/"
    assert (body["status"], body["environment"], body["priority"]) == ("pending", "staging", 9)
    assert body["source"]["slug"] == spindle.slug
    assert body["inputs"] == {"n": 40, "m": 2}
    assert body["trigger"] == {"kind": "manual"}
    assert run.row.outputs == {"a": 42}


def test_wrong_inputs_and_fields_are_refused_and_start_nothing(cast: Cast) -> None:
    spindle = published(cast.editor)
    before = count(cast.editor)

    refused(execute(cast.editor, spindle), 400, "validation_error")
    assert faults(execute(cast.editor, spindle, inputs={"n": "x", "o": 1})) == [
        ("/inputs/n", "invalid"),
        ("/inputs/o", "unknown_input"),
    ]
    assert faults(execute(cast.editor, spindle, priority=11, environment="moon", more=1)) == [
        ("/environment", "invalid_choice"),
        ("/more", "unknown_field"),
        ("/priority", "max_value"),
    ]
    assert count(cast.editor) == before


def test_who_may_not_execute_starts_nothing(cast: Cast) -> None:
    executor = make_person(Role.VIEWER, cast.organization)
    spindle = published(cast.editor, permissions={"executors": [str(executor.user.pk)]})
    before = count(cast.editor)

    refused(execute(cast.viewer, spindle, inputs={"n": 1}), 403, "permission_denied")
    refused(execute(cast.stranger, spindle, inputs={"n": 1}), 404, "not_found")
    refused(execute(cast.editor, UNKNOWN, inputs={"n": 1}), 404, "not_found")
    assert count(cast.editor) == before
    answered(execute(executor, spindle, inputs={"n": 1}), 202)


def test_what_is_not_published_does_not_run(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")])

    refused(execute(cast.editor, spindle), 409, "not_published")
    refused(execute(cast.editor, spindle, version="draft"), 409, "not_published")
    draft = answered(execute(cast.editor, spindle, version="draft", environment="development"), 202)
    assert draft["source"]["is_draft"] is True


def test_the_same_key_starts_one_run(cast: Cast) -> None:
    spindle = published(cast.editor)
    client = cast.editor.client
    body, headers = {"inputs": {"n": 1}}, {"Idempotency-Key": "once"}

    answers = [
        client.post(address(spindle, "execute/"), body, format="json", headers=headers)
        for _ in range(2)
    ]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1]["Location"] == answers[0]["Location"]
    assert count(cast.editor)[0] == 1


def test_a_dry_run_stores_nothing(cast: Cast) -> None:
    spindle = published(cast.editor)
    before = count(cast.editor)

    body = answered(execute(cast.editor, spindle, inputs={"n": 1}, dry_run=True))

    assert body["id"].startswith("dry-run-")
    assert (body["dry_run"], body["runnable"], body["order"]) == (True, True, ["a"])
    assert body["inputs"] == {"n": 1, "m": 2}
    assert count(cast.editor) == before


def test_an_access_key_needs_the_scope(cast: Cast) -> None:
    spindle = published(cast.editor)
    reading = make_key(cast.editor, "spindles:read")
    running = make_key(cast.editor, "spindles:execute")
    body = {"inputs": {"n": 1}}

    refused(
        bearer(reading).post(address(spindle, "execute/"), body, format="json"),
        403,
        "insufficient_scope",
    )
    answered(bearer(running).post(address(spindle, "execute/"), body, format="json"), 202)


def test_the_runs_of_a_spindle_are_listed(cast: Cast) -> None:
    spindle, other = published(cast.editor), published(cast.editor, name="Other")
    first, second = (execute(cast.editor, spindle, inputs={"n": n}).json()["id"] for n in (1, 2))
    execute(cast.editor, other, inputs={"n": 1})
    url = address(spindle, "executions/")

    listed = answered(cast.viewer.client.get(url))
    none = answered(cast.viewer.client.get(f"{url}?status=failed"))

    assert [row["id"] for row in listed["results"]] == [second, first]
    assert none["count"] == 0
    refused(cast.stranger.client.get(url), 404, "not_found")


def test_a_retry_on_another_version_takes_over_what_is_unchanged(cast: Cast) -> None:
    same = step("a", kind="transform", params={"value": "A"})
    spindle = published(
        cast.owner,
        inputs=[],
        steps=[same, step("b", "a", kind="transform", params={"expression": "inputs.n"})],
    )
    run = Started(cast.owner.actor, execute(cast.owner, spindle).json()["id"]).drive()
    assert run.statuses == {"a": "completed", "b": "failed"}
    client = cast.owner.client
    answered(client.post(address(spindle, "versions/"), {"bump": "minor"}, format="json"), 201)
    fixed = step("b", "a", kind="transform", params={"value": "B"})
    steps = {"steps": [same, fixed, step("c", "b")]}
    answered(client.put(address(spindle, "steps/"), steps, format="json"))
    answered(client.post(address(spindle, "publish/")))

    path = f"/api/v1/executions/{run.pk}/retry/"
    new = Started(
        cast.owner.actor,
        answered(client.post(path, {"version": "1.1.0"}, format="json"), 202)["id"],
    )

    assert new.statuses == {"a": "completed", "b": "pending", "c": "pending"}
    new.drive()
    assert new.row.outputs == {"a": "A", "b": "B"}
    assert (new.row.source_version, run.row.source_version) == ("1.1.0", "1.0.0")
    assert new.attempts("a") == []
    refused(client.post(path, {"version": "9.0.0"}, format="json"), 404, "not_found")


def test_other_inputs_of_a_retry_are_checked(cast: Cast) -> None:
    spindle = published(cast.owner)
    run = Started(cast.owner.actor, execute(cast.owner, spindle, inputs={"n": 1}).json()["id"])
    run.drive()
    path = f"/api/v1/executions/{run.pk}/retry/"

    wrong = cast.owner.client.post(path, {"from_step": "a", "inputs": {"n": "x"}}, format="json")
    right = cast.owner.client.post(path, {"from_step": "a", "inputs": {"n": 5}}, format="json")

    assert faults(wrong) == [("/inputs/n", "invalid")]
    new = Started(cast.owner.actor, answered(right, 202)["id"]).drive()
    assert new.row.outputs == {"a": 7}


def test_starting_costs_the_same_for_three_steps_and_for_thirty(cast: Cast) -> None:
    spent = []
    for size in (3, 30):
        steps = [step(f"s{number}") for number in range(size)]
        spindle = published(cast.editor, name=f"Of {size}", steps=steps, inputs=[])
        client = cast.editor.client
        with CaptureQueriesContext(connection) as captured:
            answered(client.post(address(spindle, "execute/"), {}, format="json"), 202)
        spent.append(len(captured))

    assert spent[0] == spent[1]
