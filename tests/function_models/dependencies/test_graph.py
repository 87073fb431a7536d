"""Levels, order, the longest chain, cycles, and how far a change reaches."""

from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_models.canvas.document import parse_canvas
from function_models.dependencies.cascade import cascade_of
from function_models.dependencies.graph import DependencyGraph, all_cycles
from tests.function_models.drawings import container, drawn, tether

DIAMONDS = ("s>a", "s>b", "s>c", "s>d", "a>x", "b>x", "c>y", "d>y", "x>z", "y>z")


def graph_of(*ids: str, arrows: tuple[str, ...] = ()) -> DependencyGraph:
    """Return the graph of stages with these ids."""
    return DependencyGraph(drawn(*(container(known) for known in ids), arrows=arrows))


def test_a_source_four_processes_two_aggregates_and_a_sink_stand_on_four_levels() -> None:
    graph = graph_of(*"zyxdcbas", arrows=DIAMONDS)

    assert [len(level) for level in graph.levels] == [1, 4, 2, 1]
    assert graph.parallel_levels == [1, 2]
    assert graph.critical_path == ["s", "d", "y", "z"]


def test_an_empty_drawing_has_an_empty_graph() -> None:
    graph = graph_of()

    assert graph.levels == []
    assert graph.order == []
    assert graph.critical_path == []
    assert graph.critical_path_duration == 0


def test_order_is_by_level_then_priority_then_position() -> None:
    canvas = drawn(
        container("late"),
        container("first", priority=9),
        container("second"),
        container("third"),
        arrows=("second>late",),
    )

    assert [c.id for c in DependencyGraph(canvas).order] == ["first", "second", "third", "late"]


def test_two_edges_between_the_same_containers_count_once() -> None:
    arrows = [
        {"id": handle, "source": "a", "target": "b", "sourceHandle": handle} for handle in "xy"
    ]
    canvas = parse_canvas({"nodes": [container("a"), container("b")], "edges": arrows})

    assert len(canvas.edges) == 2
    assert DependencyGraph(canvas).dependents_of("a") == ["b"]
    assert DependencyGraph(canvas).dependencies_of("b") == ["a"]


def test_the_critical_path_takes_as_long_as_its_stages_and_actions() -> None:
    canvas = drawn(
        container("a", stage_type="milestone"),
        container("b", stage_type="gateway"),
        tether("t", "b", estimated_duration=12.5),
        arrows=("a>b",),
    )

    assert DependencyGraph(canvas).critical_path_duration == 10 + 30 + 12.5


@pytest.mark.parametrize(
    ("count", "impact", "review"),
    [
        (0, "low", False),
        (2, "low", False),
        (3, "medium", True),
        (5, "medium", True),
        (6, "high", True),
    ],
)
def test_a_cascade_is_graded_by_the_number_of_dependents(
    count: int, impact: str, review: bool
) -> None:
    ids = [str(number) for number in range(count + 1)]
    graph = graph_of(*ids, arrows=tuple(f"{n}>{n + 1}" for n in range(count)))

    cascade = cascade_of(graph, "0")

    assert cascade.dependents == ids[1:]
    assert (cascade.impact, cascade.manual_review) == (impact, review)


def test_every_elementary_cycle_is_found_once() -> None:
    arrows = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "d"), ("f", "g"), ("g", "h")]

    assert all_cycles(arrows) == [["d", "e"], ["a", "b", "c"]]
    assert all_cycles(arrows, limit=1) in ([["d", "e"]], [["a", "b", "c"]])
    assert all_cycles([]) == []


@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40))
def test_levels_agree_with_the_standard_library(pairs: set[tuple[int, int]]) -> None:
    forward = {(a, b) for a, b in pairs if a < b}
    ids = [str(number) for number in range(12)]
    graph = graph_of(*ids, arrows=tuple(f"{a}>{b}" for a, b in sorted(forward)))
    peer = TopologicalSorter({known: [] for known in ids})
    for a, b in forward:
        peer.add(str(b), str(a))
    peer.prepare()
    generations: list[set[str]] = []
    while peer.is_active():
        generations.append(set(ready := peer.get_ready()))
        peer.done(*ready)

    assert [set(level) for level in graph.levels] == generations
    assert len(graph.critical_path) == len(generations)
    rank = {container.id: position for position, container in enumerate(graph.order)}
    assert all(rank[str(a)] < rank[str(b)] for a, b in forward)
