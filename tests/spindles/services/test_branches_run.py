"""Branches of a published spindle, from its definition to the end of a run."""

from typing import Any

import pytest

from accounts.tenancy import scope
from spindles.engine.starting import start_execution
from spindles.services.publishing import publish_spindle
from spindles.services.running import prepare_spindle
from tests.factories import Cast, make_spindle
from tests.spindles.definitions.writing import gate, step
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db

TAKEN, NOT_TAKEN = "completed", "skipped: condition_false"


def run(cast: Cast, inputs: dict[str, Any], *steps: dict[str, Any]) -> Started:
    """Publish a spindle of these steps, run it and return the run."""
    actor = cast.editor.actor
    outputs = [{"name": "end", "value": "${{ steps.end.status }}"}]
    spindle = make_spindle(cast.editor, steps=list(steps), outputs=outputs)
    with scope(actor):
        publish_spindle(actor=actor, pk=spindle.pk)
        prepared = prepare_spindle(
            actor=actor, target=spindle.slug, version=None, environment="production", inputs=inputs
        )
        row = start_execution(actor=actor, prepared=prepared)
    return Started(actor, row.pk).drive()


@pytest.mark.parametrize("ok", [True, False])
def test_what_stands_in_a_branch_not_taken_does_not_run_to_its_end(cast: Cast, ok: bool) -> None:
    choice = gate("g")
    choice["params"]["branches"][1]["when"] = "true"

    done = run(
        cast,
        {"ok": ok},
        choice,
        step("y1", "g:yes"),
        step("y2", "y1"),
        step("n1", "g:no"),
        step("n2", "n1", condition="steps.g.output.branch == 'no'"),
        step("end", "y2", "n2"),
    )

    yes, no = (TAKEN, NOT_TAKEN) if ok else (NOT_TAKEN, TAKEN)
    assert done.statuses == {
        "g": TAKEN,
        "y1": yes,
        "y2": yes,
        "n1": no,
        "n2": no,
        "end": TAKEN,
    }
    assert (done.row.status, done.row.outputs) == ("completed", {"end": "completed"})


def test_a_gate_that_is_not_reached_takes_no_branch(cast: Cast) -> None:
    inner = gate("inner", "outer:no")
    outer = gate("outer")

    done = run(
        cast,
        {"ok": True},
        outer,
        inner,
        step("a", "inner:yes"),
        step("b", "inner:no"),
        step("join", "a", "b"),
        step("end", "join", "outer:yes", join="any"),
    )

    assert done.statuses == {
        "outer": TAKEN,
        "inner": NOT_TAKEN,
        "a": NOT_TAKEN,
        "b": NOT_TAKEN,
        "join": NOT_TAKEN,
        "end": TAKEN,
    }
    assert done.row.status == "completed"


@pytest.mark.parametrize(
    ("expression", "guarded", "handled"),
    [("inputs.missing + 1", "failed", TAKEN), ("1 + 1", "completed", NOT_TAKEN)],
)
def test_an_error_handler_runs_after_a_failure_alone(
    cast: Cast, expression: str, guarded: str, handled: str
) -> None:
    done = run(
        cast,
        {},
        step("a", kind="transform", params={"expression": expression}),
        step("handle", "a", join="all_done", condition='steps["a"].status == "failed"'),
        step("end", "handle", join="all_done"),
    )

    assert done.statuses == {"a": guarded, "handle": handled, "end": TAKEN}
