"""Steps that only work on values."""

from typing import Any

import pytest
from pydantic import ValidationError

from spindles.choices import Category
from spindles.registry.kinds import Expression, Place, step_kinds
from spindles.registry.results import Done, StepError
from tests.spindles.steps.running import run_step


def test_a_noop_completes_with_null() -> None:
    assert run_step("noop", {}) == Done(None)


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ({"n": "${{ inputs.n }}", "t": "a ${{ inputs.n }}"}, {"n": 3, "t": "a 3"}),
        (None, None),
        ([False, 0, ""], [False, 0, ""]),
    ],
)
def test_a_transform_completes_with_its_value(value: Any, output: Any) -> None:
    assert run_step("transform", {"value": value}, inputs={"n": 3}) == Done(output)


def test_a_transform_evaluates_an_expression_that_no_template_touches() -> None:
    expression = "inputs.rows.filter(r, r.ok).map(r, r.n)"
    rows = [{"ok": True, "n": "${{ a }}"}, {"ok": False, "n": 2}]

    assert run_step("transform", {"expression": expression}, inputs={"rows": rows}) == Done(
        ["${{ a }}"]
    )


def test_an_expression_without_a_value_fails_for_good() -> None:
    with pytest.raises(StepError) as failure:
        run_step("transform", {"expression": "inputs.n + 1"}, inputs={})

    assert (failure.value.code, failure.value.message) == ("expression_error", "There is no 'n'.")
    assert (failure.value.category, failure.value.retryable) == (Category.VALIDATION, False)


BRANCHES = [{"name": "high", "when": "inputs.n > 10"}, {"name": "low", "when": "inputs.n > 0"}]


@pytest.mark.parametrize(
    ("n", "default", "branch"),
    [
        (11, None, "high"),
        (1, None, "low"),
        (0, "else", "else"),
        (0, "high", "high"),
        (0, None, None),
    ],
)
def test_a_condition_takes_the_first_branch_that_holds(
    n: int, default: str | None, branch: str | None
) -> None:
    params = {"branches": BRANCHES, "default": default}

    assert run_step("condition", params, inputs={"n": n}) == Done({"branch": branch})


def test_a_branch_that_cannot_be_asked_fails_for_good() -> None:
    with pytest.raises(StepError) as failure:
        run_step("condition", {"branches": BRANCHES}, inputs={"n": "x"})

    assert failure.value.code == "condition_error"
    assert failure.value.message.startswith("high: ")
    assert failure.value.retryable is False


def test_a_placeholder_never_runs() -> None:
    with pytest.raises(StepError) as failure:
        run_step("placeholder", {"original": {"type": "n8n.${{ x }}"}})

    assert (failure.value.code, failure.value.retryable) == ("placeholder", False)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("noop", {"a": 1}),
        ("transform", {}),
        ("transform", {"value": 1, "expression": "1"}),
        ("transform", {"expression": "x" * 1001}),
        ("condition", {"branches": []}),
        ("condition", {"branches": [{"name": "a:b", "when": "true"}]}),
        ("condition", {"branches": [{"name": "a", "when": ""}]}),
        ("condition", {"branches": [BRANCHES[0], BRANCHES[0]]}),
        ("placeholder", {}),
    ],
)
def test_parameters_outside_the_schema_are_refused(kind: str, params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_step(kind, params)


def test_a_condition_tells_its_branches_and_its_expressions() -> None:
    kind = step_kinds.get("condition")
    assert kind is not None
    params = {"branches": [*BRANCHES, {"name": 3}, "x"], "default": "low"}

    assert list(kind.outcomes(params)) == ["high", "low"]
    assert list(kind.expressions(params)) == [
        Expression("/branches/0/when", "inputs.n > 10"),
        Expression("/branches/1/when", "inputs.n > 0"),
    ]
    assert list(kind.outcomes({"branches": None})) == []


def test_a_transform_tells_its_expression() -> None:
    kind = step_kinds.get("transform")
    assert kind is not None

    assert list(kind.expressions({"expression": "1"})) == [
        Expression("/expression", "1", whole=False)
    ]
    assert list(kind.expressions({"value": "1"})) == []


@pytest.mark.parametrize("name", ["noop", "transform", "condition", "placeholder"])
def test_plain_steps_run_inline_without_effect(name: str) -> None:
    kind = step_kinds.get(name)
    assert kind is not None

    assert (kind.place, kind.has_effect, kind.internal) == (Place.INLINE, False, False)
