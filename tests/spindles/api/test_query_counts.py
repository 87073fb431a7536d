"""How many statements each look at runs costs, whatever the number of rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from spindles.models import Execution
from tests.factories import Cast, make_model
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
    "retrieve": 6,
    "steps": 9,
    "items": 7,
    "step": 8,
    "logs": 5,
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
