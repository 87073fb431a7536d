"""People who act upon the same run at the same moment."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.choices import Role
from tests.factories import Person, make_person
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30.0


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment and return what came of each."""
    answers: list[Any] = [None] * len(acts)
    gate = threading.Barrier(len(acts), timeout=PATIENCE)

    def work(index: int) -> None:
        try:
            gate.wait()
            answers[index] = acts[index]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answers


def post(person: Person, run: Started, rest: str, **body: Any) -> Callable[[], int]:
    client = person.client

    def ask() -> int:
        path = f"/api/v1/executions/{run.pk}/{rest}"
        return int(client.post(path, body, format="json").status_code)

    return ask


def test_of_several_answers_to_a_task_one_counts() -> None:
    ann = make_person(Role.OWNER)
    plan = plan_of(step("ask", "human_task", params={"title": "Approve it"}))
    run = start(ann.actor, plan).drive()

    answers = at_once(
        *(
            post(ann, run, "steps/ask/complete/", decision="approve", comment=str(number))
            for number in range(4)
        )
    )

    assert sorted(answers) == [200, 409, 409, 409]
    assert run.drive().row.status == "completed"
    assert [one.status for one in run.attempts("ask")] == ["success"]


def test_of_several_who_cancel_one_has_done_it() -> None:
    ann = make_person(Role.OWNER)
    child_plan = plan_of(step("a", "delay", params={"seconds": 3600}))
    run = start(ann.actor, child_plan).drive()
    below = start(ann.actor, child_plan, parent_id=run.pk, parent_step_id="a").drive()

    answers = at_once(
        post(ann, run, "cancel/"),
        post(ann, run, "cancel/"),
        post(ann, below, "cancel/"),
        post(ann, run, "pause/"),
    )

    assert answers[0] + answers[1] == 200 + 409
    assert answers[2] in (200, 409)
    assert answers[3] in (200, 409)
    assert (run.row.status, below.row.status) == ("cancelled", "cancelled")


def test_snapshots_taken_at_once_have_numbers_of_their_own() -> None:
    ann = make_person(Role.OWNER)
    run = start(ann.actor, plan_of(step("a", "delay", params={"seconds": 3600}))).drive()

    assert at_once(*(post(ann, run, "snapshots/") for _ in range(4))) == [201] * 4

    rows = ann.client.get(f"/api/v1/executions/{run.pk}/snapshots/").json()["results"]
    assert [row["number"] for row in rows] == [4, 3, 2, 1]
