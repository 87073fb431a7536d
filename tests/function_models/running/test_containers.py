"""Across containers: when one starts, what it yields, and what a failure leaves out."""

from typing import Any

import pytest

from function_models.canvas.document import parse_canvas
from tests.factories import Cast
from tests.function_models.drawings import container, drawing, drawn, tether
from tests.function_models.running.rehearsal import (
    FAIL,
    REFUSE,
    WAIT,
    drawn_statuses,
    end,
    rehearse,
    tries,
)

pytestmark = pytest.mark.django_db
ONCE: dict[str, Any] = {"retry_policy": {"enabled": False}}


def io(node_id: str, boundary: str, **data: Any) -> dict[str, Any]:
    """Return an IO node."""
    return container(node_id, "ioNode", boundary_type=boundary, **data)


def test_data_flow_from_the_inputs_through_the_stages_to_the_outputs(cast: Cast) -> None:
    properties = {"sum": {"type": "number"}, "name": {"type": "string"}}
    canvas = drawn(
        io("in", "input"),
        container("s"),
        tether("a", "s", execution_order=1),
        tether("b", "s", execution_order=2),
        tether("c", "s", execution_order=3),
        io("out", "output", output_data_contract={"properties": properties}),
        io("all", "output"),
        tether("last", "all"),
        arrows=("in>s", "s>out", "in>all", "s>all"),
    )
    scripts: dict[str, list[Any]] = {
        "a": [{"sum": 1, "kept": 1}],
        "b": [{"sum": 2}],
        "c": [["a list has no keys"]],
        "last": [{"kept": 5}],
    }

    run = rehearse(cast.editor.actor, canvas, scripts, {"name": "n", "sum": 0})

    assert run.row.status == "completed"
    assert run.steps["in"].output == {"name": "n", "sum": 0}
    assert run.steps["s"].output == {"sum": 2, "kept": 1}
    assert run.row.outputs == {
        "out": {"sum": 2},
        "all": {"name": "n", "sum": 2, "kept": 5},
    }


def test_a_node_that_is_input_and_output_yields_both(cast: Cast) -> None:
    canvas = drawn(container("s"), tether("a", "s"), io("io", "input-output"), arrows=("s>io",))
    run = rehearse(cast.editor.actor, canvas, {"a": [{"x": 2, "y": 3}]}, {"x": 1, "z": 0})
    assert run.row.outputs == {"io": {"x": 2, "y": 3, "z": 0}}


def test_a_container_waits_for_its_own_dependencies_and_for_no_level(cast: Cast) -> None:
    canvas = drawn(
        *(container(name) for name in ("slow", "quick", "after")),
        tether("s", "slow"),
        tether("q", "quick"),
        tether("a", "after"),
        arrows=("quick>after",),
    )

    run = rehearse(cast.editor.actor, canvas, {"s": [WAIT]})

    assert drawn_statuses(run) == {
        "s": "waiting",
        "slow": "pending",
        "q": "completed",
        "quick": "completed",
        "a": "completed",
        "after": "completed",
    }
    assert end(run, "s").row.status == "completed"


def test_ready_containers_start_by_priority(cast: Cast) -> None:
    canvas = drawn(
        container("low", priority=1),
        container("high", priority=9),
        container("middle"),
        tether("l", "low", priority=10),
        tether("h", "high", priority=1),
        tether("m", "middle"),
    )
    assert tries(rehearse(cast.editor.actor, canvas)) == ["h", "m", "l"]


@pytest.mark.parametrize(
    ("condition", "statuses", "outcome"),
    [
        (
            "inputs.go",
            {
                "gate": "skipped: condition_false",
                "g": "skipped: container_skipped",
                "after": "completed",
                "a": "completed",
            },
            "completed",
        ),
        (
            "inputs.unknown",
            {
                "gate": "failed",
                "g": "skipped: container_skipped",
                "after": "skipped: dependency_failed",
                "a": "skipped: container_skipped",
            },
            "failed",
        ),
    ],
)
def test_the_condition_of_a_container_decides(
    cast: Cast, condition: str, statuses: dict[str, str], outcome: str
) -> None:
    canvas = drawn(
        container("gate", execution_type="conditional", condition=condition),
        tether("g", "gate"),
        container("after"),
        tether("a", "after"),
        arrows=("gate>after",),
    )

    run = rehearse(cast.editor.actor, canvas, inputs={"go": False})

    assert drawn_statuses(run) == statuses
    assert run.row.status == outcome
    if outcome == "failed":
        assert run.row.error is not None
        assert run.row.error["code"] == "condition_error"
        assert run.row.error["step_ids"] == ["gate"]


def test_a_condition_counts_only_where_the_execution_type_says_so(cast: Cast) -> None:
    canvas = drawn(container("gate", condition="false"), tether("g", "gate"))
    assert drawn_statuses(rehearse(cast.editor.actor, canvas))["g"] == "completed"


def test_inactive_and_archived_nodes_are_left_out_and_their_dependents_run(cast: Cast) -> None:
    document = drawing(
        container("off"),
        tether("o", "off"),
        container("on"),
        tether("gone", "on", execution_order=1),
        tether("here", "on", execution_order=2),
        arrows=("off>on",),
    )
    canvas = parse_canvas(document, statuses={"off": "inactive", "gone": "archived"})

    run = rehearse(cast.editor.actor, canvas)

    assert drawn_statuses(run) == {
        "o": "skipped: container_skipped",
        "off": "skipped: inactive",
        "gone": "skipped: inactive",
        "here": "completed",
        "on": "completed",
    }
    assert run.row.status == "completed"


def test_what_depends_on_a_failure_is_left_out_and_the_rest_goes_on(cast: Cast) -> None:
    canvas = drawn(
        container("bad"),
        tether("x", "bad", **ONCE),
        container("next"),
        container("last"),
        tether("l", "last"),
        container("aside"),
        tether("a", "aside"),
        arrows=("bad>next", "next>last"),
    )

    run = rehearse(cast.editor.actor, canvas, {"x": [FAIL]})

    assert drawn_statuses(run) == {
        "x": "failed",
        "bad": "failed",
        "next": "skipped: dependency_failed",
        "l": "skipped: container_skipped",
        "last": "skipped: dependency_failed",
        "a": "completed",
        "aside": "completed",
    }
    assert run.row.status == "failed"
    assert run.row.error is not None
    assert run.row.error["step_ids"] == ["x", "bad"]


def test_a_failed_critical_container_stops_the_run(cast: Cast) -> None:
    canvas = drawn(
        container("bad", critical=True, priority=1),
        tether("x", "bad"),
        container("its-own"),
        container("open"),
        tether("begun", "open", execution_order=1),
        tether("rest", "open", execution_order=2),
        container("later"),
        container("latest"),
        arrows=("bad>its-own", "open>later", "later>latest"),
    )
    run = rehearse(cast.editor.actor, canvas, {"x": [WAIT], "begun": [WAIT]})

    end(run, "x", FAIL)
    assert drawn_statuses(run)["begun"] == "waiting"
    end(run, "begun")

    assert drawn_statuses(run) == {
        "x": "failed",
        "bad": "failed",
        "its-own": "skipped: dependency_failed",
        "begun": "completed",
        "rest": "skipped: run_stopped",
        "open": "completed",
        "later": "skipped: run_stopped",
        "latest": "skipped: run_stopped",
    }
    assert run.row.status == "failed"


def test_a_container_that_is_not_critical_stops_nothing(cast: Cast) -> None:
    canvas = drawn(container("bad"), tether("x", "bad"), container("b"), tether("y", "b"))
    run = rehearse(cast.editor.actor, canvas, {"x": [REFUSE]})
    assert drawn_statuses(run) == {
        "x": "failed", "bad": "failed", "y": "completed", "b": "completed",
    }  # fmt: skip


def test_a_container_without_actions_completes_at_once(cast: Cast) -> None:
    run = rehearse(cast.editor.actor, drawn(container("a"), container("b"), arrows=("a>b",)))
    assert drawn_statuses(run) == {"a": "completed", "b": "completed"}
    assert run.row.progress == {"completed": 2, "total": 2, "percent": 100.0}
    assert run.row.outputs == {}
