"""The step that runs another one for each item."""

from typing import Any

import pytest
from pydantic import ValidationError

from spindles.definitions.params import check_params
from spindles.registry.kinds import Expression, Reference, StepKind, step_kinds
from spindles.registry.results import ForEach
from tests.spindles.steps.running import run_step

INNER: dict[str, Any] = {"kind": "transform", "params": {"value": "${{ item }}"}}


@pytest.fixture
def kind() -> StepKind:
    found = step_kinds.get("map")
    assert found is not None
    return found


def test_the_inner_step_keeps_its_templates_for_later() -> None:
    params = {"items": "${{ inputs.rows }}", "step": INNER}

    assert run_step("map", params, inputs={"rows": [1, 2]}) == ForEach(
        items=[1, 2], kind="transform", params={"value": "${{ item }}"}
    )


def test_the_limits_are_handed_over() -> None:
    params = {"items": [], "step": INNER, "concurrency": 3, "on_item_error": "collect"}

    assert run_step("map", params) == ForEach(
        items=[], kind="transform", params=INNER["params"], concurrency=3, on_item_error="collect"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": "abc"}, "valid list"),
        ({"items": [1] * 1001}, "at most 1000 items"),
        ({"concurrency": 0}, "greater than or equal to 1"),
        ({"step": {"kind": "map", "params": {}}}, "does not run for items; there are: "),
        ({"step": {"kind": "condition"}}, "does not run for items"),
        ({"step": {"kind": "nonsense"}}, "does not run for items"),
        ({"step": {"kind": "kb_read"}}, "Missing to kb_read: sop."),
        ({"step": {"kind": "noop", "params": {"a": 1}}}, "Not known to noop: a."),
        ({"step": {"kind": "human_task", "params": {"title": "x", "form": {}}}}, "Not known to"),
    ],
)
def test_what_cannot_run_for_items_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        run_step("map", {"items": [1], "step": INNER, **change})


def test_expressions_and_references_of_the_inner_step_are_told(kind: StepKind) -> None:
    waiting = {"kind": "wait_event", "params": {"event_type": "A", "match": "event.n == item"}}
    reading = {"kind": "kb_read", "params": {"sop": "runbook", "version": "1.0.0"}}

    assert list(kind.expressions({"step": waiting})) == [
        Expression("/step/params/match", "event.n == item", frozenset({"event", "item", "index"}))
    ]
    assert list(kind.references({"step": reading})) == [
        Reference("/step/params/sop", "knowledge-base", "runbook", "1.0.0")
    ]


@pytest.mark.parametrize(
    "step", [None, "x", {}, {"kind": "nonsense"}, {"kind": "noop", "params": 1}]
)
def test_a_half_written_step_tells_nothing(kind: StepKind, step: Any) -> None:
    assert list(kind.expressions({"step": step})) == []
    assert list(kind.references({"step": step})) == []


def test_what_an_inner_step_lacks_is_told_as_missing() -> None:
    checked = check_params("map", {"items": "${{ inputs.rows }}", "step": {"kind": "kb_read"}})

    assert ([fault.pointer for fault in checked.missing], checked.faults) == (["/step"], [])
