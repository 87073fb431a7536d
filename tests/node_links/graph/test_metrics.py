"""The graph in numbers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from node_links.graph.metrics import GraphMetrics, measure_graph
from tests.node_links.graph.world import KB, MODEL, World

pytestmark = pytest.mark.django_db


def measured(world: World) -> GraphMetrics:
    with scope(world.actor):
        return measure_graph(actor=world.actor)


def test_counts_links_entities_and_density(world: World, elsewhere: World) -> None:
    world.draw("A->B B->C C->A D->E E->D F->G G->H")
    elsewhere.draw("X->Y")

    found = measured(world)

    assert (found.total_links, found.entities, found.orphans) == (7, 8, 0)
    assert (found.average_strength, found.density) == (0.5, 0.125)
    assert found.connectivity == {KB: 7}
    assert (found.by_type, found.by_origin) == ({"references": 7}, {"manual": 7})


def test_without_links_there_are_zeros(world: World) -> None:
    world.add("A")

    assert measured(world) == GraphMetrics(0, 0, 1, 0.0, None, None, {}, 0.0, {}, {})


def test_names_the_strongest_and_the_weakest_link(world: World) -> None:
    world.link("A", "B", strength=0.4)
    strong = world.link("A", "C", strength=0.9)
    world.link("A", "D", strength=0.9)
    weak = world.link("B", "D", strength=0.1)

    found = measured(world)

    assert found.strongest is not None
    assert found.weakest is not None
    assert (found.strongest.id, found.strongest.link_strength) == (strong, 0.9)
    assert (found.weakest.id, found.weakest.target.name) == (weak, "D")
    assert found.average_strength == 0.575


def test_a_link_between_features_touches_both_and_one_inside_a_feature_touches_it_once(
    world: World,
) -> None:
    world.add("M", "N", feature=MODEL)
    world.link("A", "M", "documents")
    world.link("M", "N", "nested", origin="derived")
    world.link("N", "M", "nested", origin="runtime")

    found = measured(world)

    assert found.connectivity == {MODEL: 3, KB: 1}
    assert found.by_type == {"documents": 1, "nested": 2}
    assert found.by_origin == {"derived": 1, "manual": 1, "runtime": 1}


def test_parallel_links_are_one_pair_and_links_inside_an_entity_none(world: World) -> None:
    world.link("A", "B", "references")
    world.link("A", "B", "supports")
    world.add("A/x", "A/y")
    world.link("A/x", "A/y")

    found = measured(world)

    assert (found.total_links, found.entities, found.density) == (3, 2, 0.5)


def test_deleted_entities_do_not_count(world: World) -> None:
    world.draw("A->B B->C")
    world.delete("C")

    found = measured(world)

    assert (found.total_links, found.entities, found.orphans, found.density) == (1, 2, 0, 0.5)


@pytest.mark.parametrize("count", [1, 20])
def test_asks_the_database_as_often_for_one_link_as_for_twenty(world: World, count: int) -> None:
    for number in range(count):
        world.link("A", f"B{number}")

    with scope(world.actor), CaptureQueriesContext(connection) as captured:
        found = measure_graph(actor=world.actor)

    assert found.total_links == count
    assert len(captured) == 6
