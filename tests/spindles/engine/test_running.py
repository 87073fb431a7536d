"""A run from its start to its end, done by one worker."""

import pytest

from tests.factories import Cast
from tests.spindles.runs import plan_of, start, step

pytestmark = pytest.mark.django_db


def test_steps_run_one_after_the_other(cast: Cast) -> None:
    plan = plan_of(
        step("a", "transform", params={"value": {"n": "${{ inputs.n }}"}}),
        step("b", "transform", params={"expression": "steps.a.output.n + 1"}, depends_on=("a",)),
        step("c", depends_on=("b",)),
    )
    run = start(cast.editor.actor, plan, {"n": 41}).drive()
    assert run.statuses == {"a": "completed", "b": "completed", "c": "completed"}
    assert run.row.status == "completed"
    assert run.row.outputs == {"a": {"n": 41}, "b": 42}
    assert run.row.progress == {"completed": 3, "total": 3, "percent": 100.0}
    assert [(one.number, one.status) for one in run.attempts("b")] == [(1, "success")]
