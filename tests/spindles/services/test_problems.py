"""What is saved and told as a problem, code by code."""

from typing import Any

import pytest

from accounts.tenancy import scope
from spindles.services.problems import problems_of
from tests.factories import Cast, make_spindle
from tests.spindles.definitions.writing import gate, step

pytestmark = pytest.mark.django_db


def problems(cast: Cast, **values: Any) -> list[tuple[str, str | None, str]]:
    """Return (code, step, pointer) of each problem of a spindle that says this."""
    spindle = make_spindle(cast.editor, **values)
    with scope(cast.editor.actor):
        return [(one.code, one.step_id, one.pointer) for one in problems_of(spindle)]


def transform(step_id: str, *depends_on: str, value: Any) -> dict[str, Any]:
    """Return a step that makes a value."""
    return step(step_id, *depends_on, kind="transform", params={"value": value})


def test_a_finished_definition_has_none(cast: Cast) -> None:
    found = problems(
        cast,
        inputs=[{"name": "ok", "type": "boolean"}],
        outputs=[{"name": "all", "value": {"b": "${{ steps.b.output }}"}}],
        steps=[
            gate("g"),
            transform("a", "g:yes", value="${{ inputs.ok }} ${{ execution.id }}"),
            transform("b", "a", value=["${{ steps.a.output.x.0 }}", "${{ steps.g.status }}"]),
            step("c", "b", condition='has(steps.a.output.x) && steps["g"].output.branch == "yes"'),
        ],
    )

    assert found == []


def test_without_steps_there_is_nothing_to_run(cast: Cast) -> None:
    assert problems(cast) == [("no_steps", None, "/steps")]


def test_what_a_kind_requires_may_be_missing_for_a_while(cast: Cast) -> None:
    assert problems(cast, steps=[step("a", kind="condition"), step("b", kind="transform")]) == [
        ("missing_param", "a", "/steps/0/params/branches"),
        ("missing_param", "b", "/steps/1/params"),
    ]


@pytest.mark.parametrize(
    "template",
    [
        "inputs.",
        "steps.a",
        "steps.a.result",
        "execution.secret",
        "secrets.x",
        "item",
        "inputs",
        "1+1",
        "",
    ],
)
def test_a_broken_template_is_told(cast: Cast, template: str) -> None:
    found = problems(
        cast, steps=[step("a"), transform("b", "a", value={"x": ["ok", f"${{{{ {template} }}}}"]})]
    )

    assert found == [("invalid_template", "b", "/steps/1/params/value/x/1")]


def test_a_broken_condition_is_told(cast: Cast) -> None:
    assert problems(cast, steps=[step("a", condition="inputs.x ==")]) == [
        ("invalid_condition", "a", "/steps/0/condition")
    ]
    branches = {"branches": [{"name": "x", "when": "(("}]}
    assert problems(cast, name="B", steps=[step("a", kind="condition", params=branches)]) == [
        ("invalid_condition", "a", "/steps/0/params/branches/0/when")
    ]


def test_a_step_names_only_what_it_depends_on(cast: Cast) -> None:
    found = problems(
        cast,
        steps=[
            step("early"),
            step("a"),
            transform("b", "a", value="${{ steps.early.output }}"),
            step("c", "b", condition="steps.a.output.ok && steps.ghost.output"),
        ],
        outputs=[{"name": "x", "value": "${{ steps.nobody.output }}"}],
    )

    assert found == [
        ("bad_reference", "b", "/steps/2/params/value"),
        ("bad_reference", "c", "/steps/3/condition"),
        ("bad_reference", None, "/outputs/0/value"),
    ]


def test_an_input_has_to_be_declared_where_any_is(cast: Cast) -> None:
    steps = [transform("a", value="${{ inputs.x }}"), step("b", condition="inputs.y")]

    assert problems(cast, steps=steps, inputs=[{"name": "z", "type": "string"}]) == [
        ("undeclared_input", "a", "/steps/0/params/value"),
        ("undeclared_input", "b", "/steps/1/condition"),
    ]
    assert problems(cast, name="Another", steps=steps) == []


def test_a_placeholder_has_to_be_replaced(cast: Cast) -> None:
    placeholder = step("a", kind="placeholder", params={"original": {"uses": "${{ old }}"}})

    assert problems(cast, steps=[placeholder]) == [("placeholder", "a", "/steps/0/kind")]


def test_a_condition_has_to_leave_room_for_its_branch(cast: Cast) -> None:
    long = f'inputs.x == "{"y" * 970}"'
    steps = [gate("g"), step("a", "g:yes", condition=long), step("b", condition=long)]

    assert problems(cast, steps=steps) == [("invalid_condition", "a", "/steps/1/condition")]
