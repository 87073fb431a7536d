"""The step that is a run of another spindle or model."""

from typing import Any

import pytest
from pydantic import ValidationError

from spindles.registry.kinds import Reference, StepKind, step_kinds
from spindles.registry.results import StartChild
from tests.spindles.steps.running import run_step

TARGET = {"feature": "spindle", "target": "pay-invoice"}


@pytest.fixture
def kind() -> StepKind:
    found = step_kinds.get("sub_execution")
    assert found is not None
    return found


def test_another_spindle_is_started() -> None:
    params = {
        **TARGET,
        "version": "1.2.0",
        "inputs": {"n": "${{ inputs.n }}"},
        "wait": False,
        "max_depth": 3,
    }

    assert run_step("sub_execution", params, inputs={"n": 3}) == StartChild(
        feature="spindle",
        target="pay-invoice",
        version="1.2.0",
        inputs={"n": 3},
        wait=False,
        max_depth=3,
    )


@pytest.mark.parametrize(
    ("version", "pinned"),
    [("published", None), (None, None), ("", None), ("draft", "draft"), ("10.0.1", "10.0.1")],
)
def test_the_live_version_is_no_pin(kind: StepKind, version: Any, pinned: str | None) -> None:
    started = run_step("sub_execution", {**TARGET, "version": version})

    assert isinstance(started, StartChild)
    assert started.version == pinned
    assert list(kind.references({**TARGET, "version": version})) == [
        Reference("/target", "spindle", "pay-invoice", pinned)
    ]


def test_what_actions_say_of_their_runs_is_handed_on_untouched() -> None:
    context = {
        "orchestration_mode": "parallel",
        "context_mapping": {"a": "${{ steps.b.output.c }}"},
        "context_inheritance": {"inherited_contexts": ["n1"]},
        "execution_policy": {"execution_trigger": "automatic"},
        "hierarchical_validation": {"max_nesting_depth": 3},
    }
    narrow = {
        "output_mapping": {"total": "output.sum"},
        "output_extraction": {"extracted_outputs": ["x"]},
    }

    started = run_step("sub_execution", {**TARGET, "version": "published", **context, **narrow})

    assert started == StartChild(
        feature="spindle", target="pay-invoice", context=context, narrow=narrow
    )


@pytest.mark.parametrize(
    "change",
    [
        {"target": ""},
        {"feature": ""},
        {"version": "1.0"},
        {"version": "v1.0.0"},
        {"max_depth": 0},
        {"max_depth": 21},
        {"priority": 1},
    ],
)
def test_what_nobody_could_start_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_step("sub_execution", {**TARGET, **change})


@pytest.mark.parametrize("params", [{}, {"feature": "spindle", "target": "${{ item }}"}])
def test_a_target_that_is_known_only_later_is_no_reference(
    kind: StepKind, params: dict[str, Any]
) -> None:
    assert list(kind.references(params)) == []
