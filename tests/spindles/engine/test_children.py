"""Runs that steps wait for: what of their outputs is taken, and what ends them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts.tenancy import scope
from spindles.models import Execution, ExecutionStep
from tests.factories import Cast
from tests.function_models.running.published import below, drive, make_live_spindle
from tests.spindles.runs import Started, plan_of, start, step

pytestmark = pytest.mark.django_db


def parent(cast: Cast, steps: list[dict[str, Any]], **params: Any) -> Started:
    """Return a run whose step `a` runs a spindle of these steps, and has begun to."""
    spindle = make_live_spindle(cast.editor, steps)
    asked = {"feature": "spindle", "target": str(spindle.pk), **params}
    return drive(start(cast.editor.actor, plan_of(step("a", "sub_execution", params=asked))))


def transform(value: Any) -> list[dict[str, Any]]:
    return [{"id": "out", "kind": "transform", "params": {"value": value}}]


@pytest.mark.parametrize(
    ("mapping", "output"),
    [
        ({}, {"out": {"rows": [{"n": 1}]}}),
        ({"n": "out.rows.0.n", "all": "outputs.out"}, {"n": 1, "all": {"rows": [{"n": 1}]}}),
    ],
)
def test_outputs_are_taken_by_their_paths(
    cast: Cast, mapping: dict[str, str], output: dict[str, Any]
) -> None:
    run = parent(cast, transform({"rows": [{"n": 1}]}), output_mapping=mapping)
    assert run.steps["a"].output == output


@pytest.mark.parametrize("path", ["out.rows.7", "nowhere", "not a path"])
def test_a_path_that_leads_nowhere_fails_the_step(cast: Cast, path: str) -> None:
    run = parent(cast, transform({"rows": []}), output_mapping={"n": path})
    assert (run.steps["a"].error or {})["code"] == "template_error"
    assert run.row.status == "failed"


def test_a_run_that_takes_too_long_is_ended_and_its_step_fails(cast: Cast) -> None:
    ask = [{"id": "ask", "kind": "human_task", "params": {"title": "Well?"}}]
    run = parent(cast, ask, expires_after=60)
    (child,) = below(run)
    assert (run.statuses["a"], child.row.status) == ("waiting", "running")
    with scope(run.actor):
        waiting = ExecutionStep.objects.filter(execution_id=run.pk, step_id="a")
        waiting.update(
            wait_until=F("wait_until") - timedelta(seconds=61), revision=F("revision") + 1
        )
        Execution.objects.filter(pk=run.pk).update(revision=F("revision") + 1)

    run.drive()

    assert (run.row.status, child.row.status) == ("failed", "cancelled")
    error = run.steps["a"].error or {}
    assert (error["code"], error["category"]) == ("expired", "timeout")
    assert child.statuses == {"ask": "cancelled"}
