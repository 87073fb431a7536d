"""Drawings as plans: golden files, and what each rule of running becomes."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from accounts.tenancy import scope
from function_models.canvas.document import parse_canvas
from function_models.compiling.compile import compile_canvas
from spindles.models import StoredPlan
from spindles.plans.plan import Guard, Plan
from spindles.services.plans import load_plan, store_plan
from tests.factories import Cast
from tests.function_models.drawings import container, drawn, knowledge, nested, tether

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = sorted(path.stem for path in (GOLDEN / "drawings").glob("*.json"))


def plan_of(*nodes: dict[str, Any], arrows: tuple[str, ...] = ()) -> Plan:
    """Return the plan of a drawing of these nodes."""
    return compile_canvas(drawn(*nodes, arrows=arrows))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_drawing_compiles_to_its_golden_plan(name: str) -> None:
    """With NODELOOM_GOLDEN=write the plans are written anew, to be read before they are kept."""
    document = orjson.loads((GOLDEN / "drawings" / f"{name}.json").read_bytes())
    plan = compile_canvas(parse_canvas(document))
    kept = GOLDEN / "plans" / f"{name}.json"
    if os.environ.get("NODELOOM_GOLDEN") == "write":
        indented = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        kept.write_bytes(orjson.dumps(plan.model_dump(mode="json"), option=indented))

    expected = Plan.model_validate(orjson.loads(kept.read_bytes()))
    assert plan == expected
    assert plan.checksum == expected.checksum


def test_equal_drawings_have_equal_checksums_and_others_do_not() -> None:
    nodes = (container("a"), container("b"), tether("t", "a"))

    assert plan_of(*nodes).checksum == plan_of(*nodes).checksum
    assert plan_of(*nodes).checksum != plan_of(*nodes[:2]).checksum
    moved = {**nodes[0], "position": {"x": 7, "y": 7}}
    assert plan_of(moved, *nodes[1:]).checksum == plan_of(*nodes).checksum


def test_a_container_is_opened_filled_and_closed() -> None:
    plan = plan_of(container("a"), container("b"), tether("t", "b"), arrows=("a>b",))

    assert [step.id for step in plan.steps] == ["a#open", "a", "b#open", "t", "b"]
    assert plan.by_id["b#open"].depends_on == ("a",)
    assert plan.by_id["b#open"].join == "all"
    assert plan.by_id["b"].depends_on == ("b#open", "t")
    assert plan.by_id["b"].join == "all_done"
    assert plan.by_id["t"].parent == "b#open"
    assert [step.id for step in plan.steps if step.internal] == ["a#open", "b#open"]


def test_phases_follow_each_other() -> None:
    plan = plan_of(
        container("s"),
        tether("late", "s", execution_mode="conditional", condition="true", execution_order=5),
        tether("p1", "s", execution_mode="parallel", execution_order=3, priority=2),
        tether("p2", "s", execution_mode="parallel", execution_order=4, priority=9),
        tether("two", "s", execution_order=2),
        tether("one", "s", execution_order=1),
    )

    assert [step.id for step in plan.steps] == ["s#open", "one", "two", "p2", "p1", "late", "s"]
    assert plan.by_id["two"].depends_on == ("s#open", "one")
    assert plan.by_id["p1"].depends_on == ("s#open", "one", "two")
    assert plan.by_id["late"].depends_on == ("s#open", "one", "two", "p1", "p2")
    assert plan.by_id["late"].guards == (Guard(steps=("p1", "p2", "two", "one")),)
    assert {(group.id, group.max_concurrency) for group in plan.groups} == {("s", 4)}
    assert (plan.by_id["p2"].rank, plan.by_id["p1"].rank) == (0, 1)


@pytest.mark.parametrize(
    ("balancing", "order"),
    [("priority", ["b", "a"]), ("round_robin", ["a", "b"]), ("weighted", ["b", "a"])],
)
def test_load_balancing_says_who_starts_first(balancing: str, order: list[str]) -> None:
    stage = container("s", parallelism_config={"max_concurrency": 1, "load_balancing": balancing})
    plan = plan_of(
        stage,
        tether("a", "s", execution_mode="parallel", estimated_duration=1),
        tether("b", "s", execution_mode="parallel", estimated_duration=9, priority=6),
    )

    ranked = sorted((step.rank, step.id) for step in plan.steps if step.group == "s")
    assert [known for _, known in ranked] == order


@pytest.mark.parametrize(
    ("handling", "guards"),
    [
        ("critical_only", (Guard(steps=("first",)),)),
        ("abort", (Guard(steps=("first", "second")),)),
        ("continue", ()),
        ("retry", ()),
    ],
)
def test_failure_handling_becomes_guards(handling: str, guards: tuple[Guard, ...]) -> None:
    plan = plan_of(
        container("s", failure_handling=handling),
        tether("first", "s", critical=True),
        tether("second", "s"),
        tether("third", "s"),
    )

    assert plan.by_id["third"].guards == guards
    again = ("first", "second", "third") if handling == "retry" else ()
    assert plan.by_id["third"].last_try_after == again


def test_a_critical_container_stops_the_run() -> None:
    assert plan_of(container("a", critical=True), container("b")).stoppers == ("a",)


def test_inactive_nodes_and_conditions_are_passed_on() -> None:
    canvas = parse_canvas(
        {
            "nodes": [
                container("a", condition="inputs.x > 1", execution_type="conditional"),
                container("b", condition="inputs.x > 1"),
                tether("t", "b", condition="inputs.y"),
            ]
        },
        statuses={"b": "inactive", "t": "archived"},
    )
    plan = compile_canvas(canvas)

    assert plan.by_id["a#open"].condition == "inputs.x > 1"
    assert plan.by_id["b#open"].condition is None
    assert plan.by_id["b#open"].inactive is True
    assert (plan.by_id["t"].inactive, plan.by_id["t"].condition) == (True, "inputs.y")


def test_each_action_becomes_the_kind_of_step_that_does_it() -> None:
    plan = plan_of(
        container("s", timeout=600),
        tether("t", "s", execution_parameters={"n": 1}, output_mapping={"a": "b"}),
        knowledge("k", "s", kb_version="1.2.3"),
        nested("m", "s", retry_policy={"enabled": False}),
    )

    assert plan.by_id["t"].kind == "sub_execution"
    assert plan.by_id["t"].params == {
        "feature": "spindle",
        "target": "t",
        "version": "published",
        "inputs": {"n": 1},
        "output_mapping": {"a": "b"},
        "expires_after": 300,
    }
    assert plan.by_id["k"].kind == "kb_read"
    assert plan.by_id["k"].params == {"sop": "k", "version": "1.2.3"}
    assert plan.by_id["m"].kind == "nested_model"
    assert plan.by_id["m"].params["target"] == "m"
    assert plan.by_id["m"].params["expires_after"] == 7200
    assert plan.by_id["m"].params["previous"] == "k"
    assert plan.by_id["m"].retry.max_attempts == 1
    assert (plan.by_id["m"].timeout, plan.by_id["s"].timeout) == (7200, 600)


def test_a_nested_model_that_a_person_releases_has_a_step_before_it() -> None:
    plan = plan_of(
        container("s", failure_handling="abort"),
        tether("t", "s", execution_order=1),
        nested("m", "s", execution_order=2, execution_policy={"execution_trigger": "manual"}),
        tether("u", "s", execution_order=3),
    )

    assert [step.id for step in plan.steps] == ["s#open", "t", "m#release", "m", "u", "s"]
    release, step = plan.by_id["m#release"], plan.by_id["m"]
    assert (release.kind, release.internal, release.group) == ("human_task", False, None)
    assert release.depends_on == ("s#open", "t")
    assert step.depends_on == ("s#open", "t", "m#release")
    assert step.guards[-1] == Guard(steps=("m#release",))
    assert plan.by_id["u"].guards == (Guard(steps=("t", "m#release", "m")),)
    assert plan.by_id["s"].params["actions"] == ["t", "m", "u"]
    assert plan.by_id["s"].params["releases"] == ["m#release"]


def test_outputs_and_contexts_are_told_by_node() -> None:
    canvas = drawn(
        container("in", "ioNode", boundary_type="input"),
        container("s", context={"n": 1}, context_scope="session"),
        container("out", "ioNode", boundary_type="output"),
        container("both", "ioNode", boundary_type="input-output"),
    )
    plan = compile_canvas(canvas, {"r": 1})

    assert plan.outputs is not None
    assert [(one.name, one.step) for one in plan.outputs] == [("out", "out"), ("both", "both")]
    assert plan.contexts == {
        "root": {"data": {"r": 1}},
        "s": {"data": {"n": 1}, "scope": "session", "window": None},
    }


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        ({"max_attempts": 6}, [1, 2, 4, 8, 16]),
        ({"max_attempts": 5, "max_delay": 5}, [1, 2, 4, 5]),
        ({"max_attempts": 5, "multiplier": 1.5}, [1, 1.5, 2.25, 3.375]),
        ({"max_attempts": 6, "strategy": "linear", "max_delay": 3.5}, [1, 2, 3, 3.5, 3.5]),
        ({"max_attempts": 3, "strategy": "immediate"}, [0, 0]),
        ({"enabled": False}, []),
    ],
)
def test_waits_between_attempts_grow_and_are_capped(
    policy: dict[str, Any], delays: list[float]
) -> None:
    plan = plan_of(container("s"), tether("t", "s", retry_policy=policy))

    assert plan.by_id["t"].retry.delays == delays


def test_an_action_that_says_nothing_of_retries_has_those_of_its_stage() -> None:
    stage = container("s", retry_policy={"max_attempts": 7, "strategy": "linear"})
    canvas = drawn(stage, tether("t", "s"), tether("own", "s", retry_policy={}))
    again = parse_canvas(canvas.as_document())

    for plan in (compile_canvas(canvas), compile_canvas(again)):
        assert (plan.by_id["t"].retry.max_attempts, plan.by_id["t"].retry.strategy) == (7, "linear")
        assert plan.by_id["own"].retry.max_attempts == 3


@pytest.mark.django_db
def test_equal_plans_of_an_organisation_are_stored_once(cast: Cast) -> None:
    plan = plan_of(container("s"), tether("t", "s"))

    with scope(cast.editor.actor):
        first = store_plan(actor=cast.editor.actor, plan=plan)
        again = store_plan(actor=cast.editor.actor, plan=plan)

        assert again.pk == first.pk
        assert load_plan(StoredPlan.objects.get()) == plan
    with scope(cast.stranger.actor):
        assert store_plan(actor=cast.stranger.actor, plan=plan).pk != first.pk
        assert StoredPlan.objects.count() == 1
