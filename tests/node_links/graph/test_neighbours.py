"""What is one link away from a node."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from config.exceptions import NotFound, ValidationFailed
from node_links.graph.neighbours import Neighbours, neighbours
from node_links.graph.nodes import Address
from tests.node_links.graph.world import MODEL, World

pytestmark = pytest.mark.django_db


def beside(world: World, start: str, **options: Any) -> Neighbours:
    with scope(world.actor):
        return neighbours(actor=world.actor, address=world[start], **options)


def seen(world: World, found: Neighbours) -> list[tuple[str, str]]:
    return [(one.direction.value, world.name(one.node)) for one in found.neighbours]


def test_shows_every_link_with_the_entity_at_its_other_end(world: World) -> None:
    world.draw("A->B C->A")
    world.link("A", "B", "documents")

    found = beside(world, "A")

    assert seen(world, found) == [("out", "B"), ("in", "C"), ("out", "B")]
    assert world.name(found.node) == "A"
    assert not found.truncated


@pytest.mark.parametrize(
    ("direction", "expected"), [("out", [("out", "B")]), ("in", [("in", "C")])]
)
def test_a_direction_is_that_of_the_arrow(
    world: World, direction: str, expected: list[tuple[str, str]]
) -> None:
    world.draw("A->B C->A")

    assert seen(world, beside(world, "A", direction=direction)) == expected


def test_an_entity_has_the_links_of_its_nodes_but_not_those_inside_it(world: World) -> None:
    world.add("A/x", "A/y", feature=MODEL)
    world.draw("A/x->B C/z->A/y")
    world.draw("A/x->A/y A->A/x", "nested")

    found = beside(world, "A")

    assert seen(world, found) == [("out", "B"), ("in", "C")]
    second = found.neighbours[1]
    assert (second.node.name, second.node.node_id) == ("C", None)
    assert (second.link.source.name, second.link.source.node_id) == ("z", "z")
    assert (second.link.target.feature, second.link.target.name) == (MODEL, "y")


def test_a_node_has_its_own_links_only(world: World) -> None:
    world.add("A/x", "A/y", feature=MODEL)
    world.draw("A/x->B A/y->C A->D")

    assert seen(world, beside(world, "A/x")) == [("out", "B")]


def test_types_narrow_what_is_shown(world: World) -> None:
    world.draw("A->B")
    world.draw("A->C", "supports")

    assert seen(world, beside(world, "A", types=["supports"])) == [("out", "C")]
    assert len(beside(world, "A", types=["supports", "references"]).neighbours) == 2


def test_deleted_neighbours_are_left_out(world: World) -> None:
    world.draw("A->B A->C")
    world.delete("B")

    assert seen(world, beside(world, "A")) == [("out", "C")]


def test_shows_the_oldest_links_up_to_the_limit_and_says_so(world: World) -> None:
    world.draw("A->B C->A A->D")

    found = beside(world, "A", limit=2)

    assert seen(world, found) == [("out", "B"), ("in", "C")]
    assert found.truncated
    assert not beside(world, "A", limit=3).truncated


def test_unknown_foreign_and_deleted_starts_are_not_found(world: World, elsewhere: World) -> None:
    elsewhere.draw("X->Y")
    world.draw("A->B")
    world.delete("B")
    wrong_feature = Address(MODEL, world["A"].entity_id)
    unknown_node = Address(world["A"].feature, world["A"].entity_id, "x")

    for start in (elsewhere["X"], world["B"], wrong_feature, unknown_node):
        with pytest.raises(NotFound), scope(world.actor):
            neighbours(actor=world.actor, address=start)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("?limit", {"limit": 1001}),
        ("?direction", {"direction": "up"}),
        ("?types", {"types": ["references", "likes"]}),
    ],
)
def test_wrong_parameters_are_named(world: World, name: str, options: dict[str, Any]) -> None:
    world.draw("A->B")

    with pytest.raises(ValidationFailed) as refused:
        beside(world, "A", **options)

    assert [error.pointer for error in refused.value.errors] == [name]


@pytest.mark.parametrize("count", [1, 30])
def test_asks_the_database_as_often_for_one_neighbour_as_for_thirty(
    world: World, count: int
) -> None:
    for number in range(count):
        world.link("A", f"B{number}")

    with scope(world.actor), CaptureQueriesContext(connection) as captured:
        found = neighbours(actor=world.actor, address=world["A"])

    assert len(found.neighbours) == count
    assert len(captured) == 5
