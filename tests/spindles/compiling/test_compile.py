"""Definitions as plans: each step under its id, and branches as conditions."""

from typing import Any

import pytest

from spindles.compiling.compile import compile_definition
from spindles.definitions.inputs import OutputDefinition
from spindles.expressions.conditions import holds
from spindles.plans.plan import NamedOutput, Plan, RetryRule, Step
from tests.spindles.definitions.writing import gate, parsed, step


def plan_of(*steps: dict[str, Any]) -> Plan:
    """Return the plan of these steps."""
    return compile_definition(parsed(*steps), None)


def conditions(*steps: dict[str, Any]) -> dict[str, str | None]:
    """Return the condition of each step in the plan."""
    return {one.id: one.condition for one in plan_of(*steps).steps}


def asks(gate_id: str, branch: str) -> str:
    """Return the condition that a branch is taken."""
    known = f'steps["{gate_id}"]'
    return f'{known}.status == "completed" && {known}.output.branch == "{branch}"'


def test_a_step_keeps_what_it_says() -> None:
    written = step(
        "b",
        "a",
        kind="delay",
        name="Wait",
        params={"seconds": 5},
        condition="${{ inputs.ok }}",
        timeout="1m",
        retry={"strategy": "linear"},
        join="any",
        priority=9,
        concurrency=3,
        agent_role="critic",
    )

    assert plan_of(step("a"), written).steps == (
        Step(id="a", kind="noop", name="a"),
        Step(
            id="b",
            kind="delay",
            name="Wait",
            params={"seconds": 5},
            depends_on=("a",),
            join="any",
            condition="inputs.ok",
            retry=RetryRule(max_attempts=3, strategy="linear"),
            timeout=60,
            priority=9,
            concurrency=3,
            agent_role="critic",
        ),
    )


def test_a_disabled_policy_allows_one_attempt() -> None:
    rule = plan_of(step("a", retry={"enabled": False})).steps[0].retry

    assert rule.max_attempts == 1


def test_outputs_become_those_of_the_plan() -> None:
    outputs = [OutputDefinition(name="sum", value="${{ steps.a.output }}")]

    plan = compile_definition(parsed(step("a")), outputs)

    assert plan.outputs == (NamedOutput(name="sum", value="${{ steps.a.output }}"),)
    assert plan_of(step("a")).outputs is None


def test_equal_definitions_have_equal_checksums_and_others_do_not() -> None:
    assert plan_of(step("a"), step("b")).checksum == plan_of(step("a"), step("b")).checksum
    assert plan_of(step("a"), step("b")).checksum != plan_of(step("b"), step("a")).checksum


def test_everything_that_is_reached_through_a_branch_alone_asks_for_it() -> None:
    found = conditions(gate("g"), step("a", "g:yes"), step("b", "a"), step("c", "g:no"))

    assert found == {"g": None, "a": asks("g", "yes"), "b": asks("g", "yes"), "c": asks("g", "no")}


def test_where_branches_meet_again_nothing_is_asked() -> None:
    found = conditions(gate("g"), step("a", "g:yes"), step("b", "g:no"), step("end", "a", "b"))

    assert found["end"] is None


def test_what_is_reached_another_way_too_is_not_bound() -> None:
    found = conditions(gate("g"), step("a", "g:yes"), step("x"), step("b", "a", "x"))

    assert found["b"] is None


def test_a_step_that_names_a_branch_is_bound_whatever_else_it_waits_for() -> None:
    found = conditions(gate("g"), step("x"), step("a", "g:yes", "x"))

    assert found["a"] == asks("g", "yes")


def test_one_of_several_dependencies_is_enough_for_join_any() -> None:
    found = conditions(gate("g"), step("x"), step("a", "g:yes", "x", join="any"))

    assert found["a"] is None


def test_one_of_several_branches_is_enough() -> None:
    found = conditions(gate("g", branches="x y z"), step("a", "g:x", "g:y"))

    assert found["a"] == (
        'steps["g"].status == "completed" && steps["g"].output.branch in ["x", "y"]'
    )


def test_only_the_inner_gate_is_asked() -> None:
    found = conditions(gate("outer"), gate("inner", "outer:yes"), step("a", "inner:no"))

    assert found == {"outer": None, "inner": asks("outer", "yes"), "a": asks("inner", "no")}


def test_gates_that_stand_side_by_side_are_both_asked() -> None:
    found = conditions(gate("g"), gate("h"), step("a", "g:yes", "h:no"))

    assert found["a"] == f"{asks('g', 'yes')} && {asks('h', 'no')}"


def test_a_condition_of_its_own_is_asked_besides() -> None:
    found = conditions(gate("g"), step("a", "g:yes", condition="inputs.x || inputs.y"))

    assert found["a"] == f"{asks('g', 'yes')} && (inputs.x || inputs.y)"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"status": "completed", "output": {"branch": "yes"}}, True),
        ({"status": "completed", "output": {"branch": "no"}}, False),
        ({"status": "completed", "output": {"branch": None}}, False),
        ({"status": "skipped", "reason": "condition_false"}, False),
    ],
)
def test_a_branch_not_taken_is_false_and_never_a_fault(
    seen: dict[str, Any], expected: bool
) -> None:
    condition = conditions(gate("g-1"), step("a", "g-1:yes", condition="inputs.ok"))["a"]

    assert condition is not None
    assert holds(condition, {"steps": {"g-1": seen}, "inputs": {"ok": True}}) is expected


def test_where_inner_branches_meet_the_outer_one_is_still_asked() -> None:
    found = conditions(
        gate("outer"),
        gate("inner", "outer:yes"),
        step("a", "inner:yes"),
        step("b", "inner:no"),
        step("end", "a", "b"),
    )

    assert found["end"] == asks("outer", "yes")
