"""Shortest ways between nodes."""

from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import NotFound
from node_links.graph.paths import Path, shortest_path
from tests.node_links.graph.world import MODEL, World

pytestmark = pytest.mark.django_db


def way(world: World, source: str, target: str, **options: Any) -> Path:
    with scope(world.actor):
        return shortest_path(
            actor=world.actor, source=world[source], target=world[target], **options
        )


def test_goes_by_the_fewest_links(world: World) -> None:
    world.draw("A->B B->C C->D A->E E->D D->F")

    found = way(world, "A", "F")

    assert world.names(found.nodes) == ["A", "E", "D", "F"]
    assert [node.distance for node in found.nodes] == [0, 1, 2, 3]
    assert [world.name(link.source) for link in found.links] == ["A", "E", "D"]
    assert (found.length, found.truncated) == (3, False)
    assert (world.name(found.source), world.name(found.target)) == ("A", "F")


def test_goes_along_or_against_the_arrows(world: World) -> None:
    world.draw("A->B B->C")

    assert world.names(way(world, "A", "C", direction="out").nodes) == ["A", "B", "C"]
    assert world.names(way(world, "C", "A", direction="in").nodes) == ["C", "B", "A"]
    assert way(world, "C", "A", direction="out").length is None
    assert way(world, "C", "A", direction="both").length == 2


def test_no_way_is_an_answer(world: World) -> None:
    world.draw("A->B C->D")

    found = way(world, "A", "D")

    assert (found.nodes, found.links, found.length, found.truncated) == ([], [], None, False)


def test_a_way_longer_than_the_depth_is_none(world: World) -> None:
    world.draw("A->B B->C C->D")

    assert way(world, "A", "D", depth=2).length is None
    assert way(world, "A", "D", depth=3).length == 3


def test_from_an_entity_to_itself_it_is_no_link(world: World) -> None:
    world.draw("A->B B->A")

    found = way(world, "A", "A")

    assert world.names(found.nodes) == ["A"]
    assert (found.links, found.length) == ([], 0)


def test_takes_the_strongest_of_parallel_links(world: World) -> None:
    world.link("A", "B", "references", strength=0.2)
    best = world.link("B", "A", "supports", strength=0.8)
    world.link("A", "B", "documents", strength=0.6)

    assert [link.id for link in way(world, "A", "B").links] == [best]
    documents = way(world, "A", "B", direction="out").links[0]
    assert documents.link_type == "documents"
    assert way(world, "A", "B", types=["references"]).links[0].link_strength == 0.2


def test_ends_inside_entities_narrow_the_first_and_the_last_link(world: World) -> None:
    world.add("M/x", "M/y", "N/z", "N/w", feature=MODEL)
    world.draw("M/y->N/z M/x->A A->B B->N/z A->N/w")

    assert world.names(way(world, "M", "N").nodes) == ["M", "N"]
    assert world.names(way(world, "M/x", "N").nodes) == ["M", "A", "N"]
    narrow = way(world, "M/x", "N/z")
    assert world.names(narrow.nodes) == ["M", "A", "B", "N"]
    assert world.name(narrow.links[0].source) == "M/x"
    assert world.name(narrow.links[-1].target) == "N/z"
    assert way(world, "M/y", "N/z").length == 1
    assert world.names(way(world, "M", "N/w").nodes) == ["M", "A", "N"]


def test_deleted_entities_block_the_way(world: World) -> None:
    world.draw("A->B B->C A->D D->E E->C")
    world.delete("B")

    assert world.names(way(world, "A", "C").nodes) == ["A", "D", "E", "C"]


def test_both_ends_must_be_the_organisations_own(world: World, elsewhere: World) -> None:
    world.draw("A->B")
    elsewhere.draw("X->Y")

    for source, target in (
        (world["A"], elsewhere["X"]),
        (elsewhere["X"], world["A"]),
        (elsewhere["X"], elsewhere["Y"]),
    ):
        with pytest.raises(NotFound), scope(world.actor):
            shortest_path(actor=world.actor, source=source, target=target)
