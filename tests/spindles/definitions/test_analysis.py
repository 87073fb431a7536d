"""Figures of a definition: order, levels, chains, and how many steps may run at once."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from spindles.definitions.analysis import analyse
from spindles.definitions.graph import StepGraph
from tests.spindles.definitions.writing import parsed, step

DIAMOND = [step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")]


def test_a_diamond_has_these_figures() -> None:
    assert analyse(parsed(*DIAMOND)) == {
        "order": ["a", "b", "c", "d"],
        "levels": [["a"], ["b", "c"], ["d"]],
        "roots": ["a"],
        "dependents": {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []},
        "critical_path": ["a", "b", "d"],
        "estimated_seconds": 180,
        "max_parallelism": 2,
    }


def test_steps_of_several_levels_may_run_at_once() -> None:
    figures = analyse(parsed(step("a"), step("b", "a"), step("c", "a"), step("d")))

    assert figures["levels"] == [["a", "d"], ["b", "c"]]
    assert figures["max_parallelism"] == 3


def test_an_estimate_takes_the_average_that_is_given() -> None:
    assert analyse(parsed(*DIAMOND), average=2.5)["estimated_seconds"] == 7.5


def test_inside_a_level_priority_comes_before_declaration() -> None:
    figures = analyse(parsed(step("a"), step("b", priority=9), step("c"), step("d", "a", "b", "c")))

    assert figures["order"] == ["b", "a", "c", "d"]
    assert figures["critical_path"] == ["b", "d"]


def test_a_branch_is_a_dependency_on_its_gate() -> None:
    condition = {"branches": [{"name": "yes", "when": "true"}]}
    figures = analyse(parsed(step("b", "g:yes"), step("g", kind="condition", params=condition)))

    assert figures["levels"] == [["g"], ["b"]]


def test_nothing_has_figures_too() -> None:
    assert analyse([]) == {
        "order": [],
        "levels": [],
        "roots": [],
        "dependents": {},
        "critical_path": [],
        "estimated_seconds": 0,
        "max_parallelism": 0,
    }


@st.composite
def arrows(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Return arrows among seven steps, each from an earlier one to a later one."""
    every = list(itertools.combinations(range(7), 2))
    chosen = draw(st.integers(0, 2 ** len(every) - 1))
    return [arrow for place, arrow in enumerate(every) if chosen >> place & 1]


@given(arrows())
def test_the_parallelism_is_that_of_the_largest_set_tried_out(
    chosen: list[tuple[int, int]],
) -> None:
    steps = parsed(*(step(f"s{i}", *(f"s{a}" for a, b in chosen if b == i)) for i in range(7)))
    graph = StepGraph(steps)
    before = {one.id: graph.ancestors(one.id) for one in steps}
    widest = max(
        size
        for size in range(1, 8)
        if any(
            all(a not in before[b] and b not in before[a] for a, b in itertools.combinations(s, 2))
            for s in itertools.combinations(before, size)
        )
    )

    assert graph.max_parallelism == widest
    assert set(graph.order) == set(before)
    assert all(graph.order.index(a) < graph.order.index(b) for b in before for a in before[b])


def test_a_thousand_steps_are_analysed() -> None:
    chain = [step("s0")] + [step(f"s{i}", f"s{i - 1}") for i in range(1, 500)]
    lone = [step(f"t{i}") for i in range(500)]
    figures = analyse(parsed(*chain, *lone))

    assert len(figures["critical_path"]) == 500
    assert figures["max_parallelism"] == 501
