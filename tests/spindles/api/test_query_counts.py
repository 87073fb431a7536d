"""How many statements each look at runs costs, whatever the number of rows."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from spindles.models import Execution
from tests.factories import Cast, make_model
from tests.spindles.runs import plan_of as plan_of_steps
from tests.spindles.runs import start, step
from tests.spindles.stored_runs import (
    EXECUTIONS,
    add_attempt,
    add_item,
    add_line,
    at,
    make_run,
    plan_of,
)

pytestmark = pytest.mark.django_db

# Three of each are the request's own: a savepoint, its release, and entering the organisation.
READS = {
    "list": 5,
    "retrieve": 7,
    "steps": 9,
    "items": 7,
    "step": 8,
    "logs": 5,
}


ACTS = {
    "pause": 14,
    "snapshots": 6,
    "snapshot": 12,
    "resume": 12,
    "skip": 15,
    "tasks": 6,
    "complete": 14,
    "cancel": 15,
    "retry": 18,
    "replay": 15,
}


def fill(cast: Cast, count: int) -> Execution:
    """Return a run with `count` steps, tries, items, lines and children, among others."""
    model = make_model(cast.editor)
    ids = [f"s{number}" for number in range(count)]
    run = make_run(cast.editor, model, plan=plan_of(*ids))
    for number, step_id in enumerate(ids):
        make_run(cast.editor, model, parent=run, parent_step_id=step_id)
        add_item(cast.editor, run, "s0", number)
        add_attempt(cast.editor, run, step_id, 1)
        add_attempt(cast.editor, run, f"s0[{number}]", 1)
        add_line(cast.editor, run, f"line {number}")
    return run


@pytest.mark.parametrize("count", [3, 30])
def test_looks_cost_the_same_for_three_rows_and_for_thirty(cast: Cast, count: int) -> None:
    run = fill(cast, count)
    client = cast.viewer.client
    urls = {
        "list": f"{EXECUTIONS}?page_size=100",
        "retrieve": at(run),
        "steps": at(run, "steps/?page_size=100"),
        "items": at(run, "steps/?item_of=s0&page_size=100"),
        "step": at(run, "steps/s0/"),
        "logs": at(run, "logs/?page_size=100"),
    }
    found = {}
    for name, url in urls.items():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        found[name] = len(captured)

    assert found == READS


@pytest.mark.parametrize("count", [3, 30])
def test_acts_cost_the_same_beside_three_steps_and_beside_thirty(cast: Cast, count: int) -> None:
    tasks = [step(f"t{n}", "human_task", params={"title": "Go?"}) for n in range(count)]
    later = [step(f"s{n}", depends_on=("t0",)) for n in range(count)]
    run = start(cast.owner.actor, plan_of_steps(*tasks, *later)).drive()
    path = f"{EXECUTIONS}{run.pk}/"
    acts: dict[str, tuple[str, str, Any]] = {
        "pause": ("post", f"{path}pause/", {}),
        "snapshots": ("get", f"{path}snapshots/", None),
        "snapshot": ("post", f"{path}snapshots/", {}),
        "resume": ("post", f"{path}resume/", {}),
        "skip": ("post", f"{path}steps/s1/skip/", {}),
        "tasks": ("get", f"{EXECUTIONS}tasks/?page_size=100", None),
        "complete": ("post", f"{path}steps/t1/complete/", {"decision": "approve"}),
        "cancel": ("post", f"{path}cancel/", {}),
        "retry": ("post", f"{path}retry/", {}),
        "replay": ("post", f"{path}replay/", {}),
    }
    client = cast.owner.client
    found = {}
    for name, (method, url, body) in acts.items():
        with CaptureQueriesContext(connection) as captured:
            response = client.generic(
                method.upper(), url, json.dumps(body or {}), content_type="application/json"
            )
        assert response.status_code < 300, (name, response.content)
        found[name] = len(captured)

    assert found == ACTS
