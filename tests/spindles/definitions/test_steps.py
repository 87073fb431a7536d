"""A list of steps: what it may say, what is filled in, what is refused at once."""

from typing import Any

import pytest

from config.exceptions import ValidationFailed
from spindles.definitions.listing import parse_steps
from spindles.registry.kinds import step_kinds
from tests.spindles.definitions.writing import gate, parsed, step


def faults(*steps: Any) -> list[tuple[str, str]]:
    """Return (pointer, code) of each violation."""
    with pytest.raises(ValidationFailed) as refused:
        parse_steps(list(steps))
    return [(one.pointer, one.code) for one in refused.value.errors]


def messages(*steps: Any) -> list[str]:
    """Return what each violation says."""
    with pytest.raises(ValidationFailed) as refused:
        parse_steps(list(steps))
    return [one.message for one in refused.value.errors]


def test_what_is_left_out_is_filled_in() -> None:
    assert parsed({"id": "a", "kind": "noop"})[0].as_dict() == {
        "id": "a",
        "kind": "noop",
        "name": "a",
        "description": None,
        "params": {},
        "condition": None,
        "timeout": 300,
        "retry": {
            "enabled": True,
            "max_attempts": 1,
            "strategy": "exponential",
            "base_delay": 1,
            "max_delay": 30,
            "multiplier": 2,
            "jitter": 0,
        },
        "join": "all",
        "priority": 5,
        "concurrency": None,
        "agent_role": None,
        "depends_on": [],
    }


def test_a_retry_policy_that_is_partly_given_is_filled() -> None:
    retry = parsed(step("a", retry={"base_delay": 2}))[0].retry

    assert retry.model_dump() == {
        "enabled": True,
        "max_attempts": 3,
        "strategy": "exponential",
        "base_delay": 2,
        "max_delay": 30,
        "multiplier": 2,
        "jitter": 0,
    }


@pytest.mark.parametrize(
    ("given", "seconds"), [("60s", 60), ("5m", 300), ("1h", 3600), ("0.5m", 30), (2.5, 2.5)]
)
def test_a_timeout_is_seconds_however_it_is_written(given: Any, seconds: float) -> None:
    assert parsed(step("a", timeout=given))[0].timeout == seconds


@pytest.mark.parametrize("known", ["a", "A-1", "_x", "1", "x" * 100])
def test_an_id_is_made_of_letters_digits_hyphens_and_underscores(known: str) -> None:
    assert parsed(step(known))[0].id == known


@pytest.mark.parametrize("known", ["a.b", "a b", "-", "_-", "", "x" * 101, "ä", "a:b", "a\n"])
def test_another_id_is_refused(known: str) -> None:
    if known == "a\n":
        assert parsed(step(known))[0].id == "a"
    else:
        assert faults(step(known)) == [("/steps/0/id", "invalid")]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"timeout": 0}, "/timeout", "min_value"),
        ({"timeout": 86_401}, "/timeout", "max_value"),
        ({"timeout": "soon"}, "/timeout", "invalid"),
        ({"timeout": "25h"}, "/timeout", "max_value"),
        ({"priority": 0}, "/priority", "min_value"),
        ({"priority": 11}, "/priority", "max_value"),
        ({"join": "some"}, "/join", "invalid_choice"),
        ({"concurrency": 0}, "/concurrency", "min_value"),
        ({"agent_role": "boss"}, "/agent_role", "invalid_choice"),
        ({"condition": "x" * 1001}, "/condition", "max_length"),
        ({"name": "x" * 201}, "/name", "max_length"),
        ({"params": []}, "/params", "invalid"),
        ({"retry": {"max_attempts": 11}}, "/retry/max_attempts", "max_value"),
        ({"retry": {"base_delay": 31}}, "/retry", "max_value"),
        ({"retry": {"multiplier": 1}}, "/retry", "min_value"),
        ({"retry": {"tries": 2}}, "/retry/tries", "unknown_field"),
        ({"parallel": 2}, "/parallel", "unknown_field"),
        ({"kind": "magic"}, "/kind", "invalid_choice"),
        ({"params": {"x": 1}}, "/params/x", "unknown_field"),
        ({"depends_on": ["a"]}, "/depends_on/0", "self_dependency"),
        ({"depends_on": ["z"]}, "/depends_on/0", "unknown_dependency"),
        ({"depends_on": ["b", "b"]}, "/depends_on", "duplicate"),
    ],
)
def test_a_value_out_of_its_range_is_refused(
    fields: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults({**step("a"), **fields}, step("b")) == [(f"/steps/0{pointer}", code)]


def test_an_unknown_kind_is_answered_with_those_that_there_are() -> None:
    said = messages(step("a", kind="magic"))[0]

    assert all(kind.name in said for kind in step_kinds.offered())


def test_ids_are_unique() -> None:
    assert faults(step("a"), step("b"), step("a")) == [("/steps/2/id", "duplicate_step")]


def test_a_dependency_that_is_not_there_is_told_with_both_names() -> None:
    assert messages(step("a", "ghost")) == ["a depends on ghost, and there is no such step."]


def test_a_cycle_is_told_in_its_order() -> None:
    said = messages(step("a", "c"), step("b", "a"), step("c", "b"))

    assert said == ["These depend on each other: c -> a -> b -> c."]
    assert faults(step("a", "b"), step("b", "a")) == [("/steps", "cycle")]


def test_a_branch_is_one_that_the_gate_has() -> None:
    assert parsed(gate("g"), step("a", "g:yes"))[1].depends_on == ["g:yes"]
    assert faults(gate("g"), step("a", "g:maybe")) == [("/steps/1/depends_on/0", "unknown_branch")]
    assert faults(step("n"), step("a", "n:yes")) == [("/steps/1/depends_on/0", "unknown_branch")]


def test_parameters_have_the_types_of_their_kind() -> None:
    wrong = step("a", kind="delay", params={"seconds": "long"})

    assert faults(wrong) == [("/steps/0/params/seconds", "invalid")]


def test_a_template_may_stand_for_any_parameter() -> None:
    given = {"seconds": "${{ inputs.pause }}"}

    assert parsed(step("a", kind="delay", params=given))[0].params == given


def test_parameters_that_are_missing_are_no_refusal() -> None:
    assert parsed(step("a", kind="condition"))[0].params == {}
    assert parsed(step("a", kind="transform"))[0].params == {}


def test_violations_are_told_together() -> None:
    wrong = [step("a", priority=0), step("b", kind="magic"), "c"]

    assert faults(*wrong) == [
        ("/steps/0/priority", "min_value"),
        ("/steps/1/kind", "invalid_choice"),
        ("/steps/2", "invalid"),
    ]


def test_a_thousand_steps_are_taken_and_no_more() -> None:
    assert len(parsed(*(step(f"s{i}") for i in range(1000)))) == 1000
    assert faults(*(step(f"s{i}") for i in range(1001))) == [("/steps", "max_length")]


def test_a_definition_has_at_most_two_megabytes() -> None:
    large = step("a", kind="transform", params={"value": "x" * (2 * 1024 * 1024)})

    assert faults(large) == [("/steps", "max_length")]


@pytest.mark.parametrize(("value", "code"), [(None, "null"), ({}, "invalid"), ("a", "invalid")])
def test_steps_are_a_list(value: Any, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        parse_steps(value)

    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/steps", code)]
