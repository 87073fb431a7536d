"""Cycles of relationships."""

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import rustworkx
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.tenancy import scope
from config.exceptions import ValidationFailed
from node_links.graph import cycles as module
from node_links.graph.cycles import CycleReport, find_cycles
from node_links.graph.elementary import OutOfTime, elementary_cycles
from tests.node_links.graph.world import MODEL, STORM, World


def found_in(world: World, **options: Any) -> CycleReport:
    with scope(world.actor):
        return find_cycles(actor=world.actor, **options)


def rings(world: World, report: CycleReport) -> list[str]:
    return ["".join(world.names(cycle.nodes)) for cycle in report.cycles]


def within(arrows: list[tuple[int, int]], size: int, longest: int) -> list[list[int]]:
    unique = sorted(set(arrows))
    sources = np.array([a for a, _ in unique], dtype=np.int64)
    targets = np.array([b for _, b in unique], dtype=np.int64)
    deadline = time.monotonic() + 60
    return list(elementary_cycles(sources, targets, size, max_length=longest, deadline=deadline))


@pytest.mark.django_db
def test_finds_each_cycle_once_from_its_least_entity_on(world: World) -> None:
    world.draw("A->B B->C C->A D->E E->D F->G G->H")

    report = found_in(world)

    assert rings(world, report) == ["DE", "ABC"]
    assert [cycle.length for cycle in report.cycles] == [2, 3]
    assert [cycle.critical for cycle in report.cycles] == [False, True]
    assert (report.total_cycles, report.longest, report.average_length) == (2, 3, 2.5)
    assert (report.warnings, report.truncated) == ([], False)


@pytest.mark.django_db
def test_tells_the_types_of_every_hop_and_merges_parallel_links(world: World) -> None:
    world.link("A", "B", "supports")
    world.link("A", "B", "references")
    world.link("B", "A", "triggers")

    (cycle,) = found_in(world).cycles

    assert cycle.link_types == [["references", "supports"], ["triggers"]]
    assert cycle.contains_triggers
    assert found_in(world).warnings == ["contains_triggers"]


@pytest.mark.django_db
def test_begins_with_the_least_address_not_with_the_least_id(world: World) -> None:
    world.add("A")
    world.add("M", feature=MODEL)
    world.add("S", feature=STORM)
    world.draw("A->M M->S S->A")

    assert rings(world, found_in(world)) == ["SAM"]


@pytest.mark.django_db
def test_leaves_out_runs_deleted_entities_and_what_is_inside_one(
    world: World, elsewhere: World
) -> None:
    world.draw("A->B")
    world.draw("B->A", "triggers", origin="runtime")
    world.draw("C->D D->C")
    world.delete("D")
    world.draw("E/x->E/y E/y->E/x")
    elsewhere.draw("X->Y Y->X")

    assert found_in(world).cycles == []
    assert rings(world, found_in(world, include_runtime=True)) == ["AB"]


@pytest.mark.django_db
def test_nodes_inside_entities_stand_for_them(world: World) -> None:
    world.draw("A/x->B B->A/y")

    (cycle,) = found_in(world).cycles

    assert [(node.name, node.node_id) for node in cycle.nodes] == [("A", None), ("B", None)]


@pytest.mark.django_db
def test_without_links_the_report_is_empty(world: World) -> None:
    report = found_in(world)

    assert (report.cycles, report.truncated, report.warnings) == ([], False, [])
    assert (report.longest, report.average_length) == (0, 0.0)


@pytest.mark.django_db
def test_longer_cycles_than_asked_for_are_left_out_and_long_ones_warned_of(world: World) -> None:
    world.draw("A->B B->C C->D D->E E->A")

    assert found_in(world, max_length=4).cycles == []
    report = found_in(world, max_length=5, critical_length=6)
    assert rings(world, report) == ["ABCDE"]
    assert report.warnings == ["long_cycle"]
    assert not report.cycles[0].critical


@pytest.mark.django_db
def test_shows_the_first_cycles_and_says_that_there_are_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CYCLES", 4)
    for one, other in pairwise("ABCD"):
        world.draw(f"{one}->{other} {other}->{one}")
    world.draw("A->C")

    report = found_in(world)
    assert rings(world, report) == ["AB", "BC", "CD", "ACB"]
    assert not report.truncated

    world.draw("D->B")
    report = found_in(world)
    assert rings(world, report) == ["AB", "BC", "CD", "ACB"]
    assert report.truncated


@pytest.mark.django_db
def test_stops_searching_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.draw("A->B B->A B->C C->A")
    monkeypatch.setattr(module, "SEARCH_SECONDS", -1.0)

    report = found_in(world)

    assert rings(world, report) == ["AB"]
    assert report.truncated


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"), [("max_length", 1), ("max_length", 51), ("critical_length", -1)]
)
def test_ranges_are_checked(world: World, name: str, value: int) -> None:
    with pytest.raises(ValidationFailed) as refused:
        found_in(world, **{name: value})

    assert [error.pointer for error in refused.value.errors] == [f"?{name}"]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 20])
def test_asks_the_database_as_often_for_one_cycle_as_for_twenty(world: World, count: int) -> None:
    for number in range(count):
        world.draw(f"A{number}->B{number} B{number}->A{number}")

    with scope(world.actor), CaptureQueriesContext(connection) as captured:
        report = find_cycles(actor=world.actor)

    assert report.total_cycles == count
    assert len(captured) == 5


NODES = 8
ARROWS = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(
        lambda ab: ab[0] != ab[1]
    )
)


@given(arrows=ARROWS, longest=st.integers(2, NODES))
@settings(max_examples=200, deadline=None)
def test_finds_the_cycles_that_rustworkx_finds(arrows: list[tuple[int, int]], longest: int) -> None:
    graph: rustworkx.PyDiGraph[None, None] = rustworkx.PyDiGraph()
    graph.add_nodes_from([None] * NODES)
    graph.add_edges_from_no_data(sorted(set(arrows)))
    expected = []
    for cycle in map(list, rustworkx.simple_cycles(graph)):
        first = cycle.index(min(cycle))
        if len(cycle) <= longest:
            expected.append(cycle[first:] + cycle[:first])

    assert within(arrows, NODES, longest) == sorted(expected, key=lambda ring: (len(ring), ring))


def test_in_a_complete_graph_the_first_thousand_come_at_once() -> None:
    size = 200
    arrows = [(a, b) for a in range(size) for b in range(size) if a != b]
    sources = np.array([a for a, _ in arrows], dtype=np.int64)
    targets = np.array([b for _, b in arrows], dtype=np.int64)
    deadline = time.monotonic() + 60
    found = elementary_cycles(sources, targets, size, max_length=50, deadline=deadline)

    first = [next(found) for _ in range(30_000)]

    pairs = size * (size - 1) // 2
    assert {len(ring) for ring in first[:pairs]} == {2}
    assert first[pairs] == [0, 1, 2]


def test_gives_up_in_the_middle_of_a_search_once_the_time_is_up() -> None:
    size = 40
    arrows = [(a, b) for a in range(size) for b in range(size) if a != b]
    sources = np.array([a for a, _ in arrows], dtype=np.int64)
    targets = np.array([b for _, b in arrows], dtype=np.int64)
    deadline = time.monotonic() + 0.2

    with pytest.raises(OutOfTime):
        list(elementary_cycles(sources, targets, size, max_length=40, deadline=deadline))
