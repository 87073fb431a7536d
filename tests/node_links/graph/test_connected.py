"""What is connected with a node within some links."""

from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import NotFound, ValidationFailed
from node_links.graph.connected import Connected, connected
from tests.node_links.graph.world import KB, MODEL, SPINDLE, World

pytestmark = pytest.mark.django_db


def within(world: World, start: str, **options: Any) -> Connected:
    with scope(world.actor):
        return connected(actor=world.actor, address=world[start], **options)


def far(world: World, found: Connected) -> list[tuple[str, int]]:
    return [(world.name(node), node.distance) for node in found.nodes]


def test_tells_how_far_away_each_entity_is_by_the_shortest_way(world: World) -> None:
    world.draw("A->B B->C C->D A->C D->E")

    found = within(world, "A", depth=2, direction="out")

    assert far(world, found) == [("B", 1), ("C", 1), ("D", 2)]
    assert (found.total, found.by_feature, found.truncated) == (3, {KB: 3}, False)


def test_the_equally_near_come_by_the_strength_of_the_way(world: World) -> None:
    world.link("A", "B", strength=0.4)
    world.link("A", "C", strength=0.9)
    world.link("B", "D", strength=1.0)
    world.link("B", "E", strength=0.1)
    world.link("C", "E", strength=0.5)

    found = within(world, "A", direction="out")

    # E by way of C: 0.9 * 0.5; D: 0.4 * 1.0
    assert far(world, found) == [("C", 1), ("B", 1), ("E", 2), ("D", 2)]


def test_counts_by_feature_what_it_does_not_show(world: World) -> None:
    world.add("M1", "M2", feature=MODEL)
    world.add("S", feature=SPINDLE)
    world.draw("A->M1 A->S M1->M2 S->B")

    found = within(world, "A", depth=3, limit=1)

    assert len(found.nodes) == 1
    assert (found.total, found.truncated) == (4, True)
    assert found.by_feature == {MODEL: 2, KB: 1, SPINDLE: 1}


def test_depth_ends_the_walk_without_counting_as_a_cut(world: World) -> None:
    world.draw("A->B B->C")

    found = within(world, "A", depth=1)

    assert far(world, found) == [("B", 1)]
    assert not found.truncated


def test_goes_round_cycles_once(world: World) -> None:
    names = "ABCDEF"
    for source in names:
        for target in names:
            if source != target:
                world.link(source, target)

    found = within(world, "A", depth=10)

    assert sorted(far(world, found)) == [(name, 1) for name in "BCDEF"]


def test_the_first_step_of_a_node_takes_its_own_links(world: World) -> None:
    world.add("A/x", "A/y", feature=MODEL)
    world.draw("A/x->B A/y->C B->A/y")

    # From B the way goes back to A, which is the start, and no further by its other nodes.
    assert far(world, within(world, "A/x", depth=3)) == [("B", 1)]


def test_deleted_entities_block_the_way(world: World) -> None:
    world.draw("A->B B->C A->D D->E")
    world.delete("B")

    assert far(world, within(world, "A", depth=4)) == [("D", 1), ("E", 2)]


def test_other_organisations_neither_answer_nor_show(world: World, elsewhere: World) -> None:
    world.draw("A->B")
    elsewhere.draw("X->Y")

    assert far(world, within(world, "A", depth=10)) == [("B", 1)]
    with pytest.raises(NotFound), scope(world.actor):
        connected(actor=world.actor, address=elsewhere["X"])


@pytest.mark.parametrize("depth", [0, 11, 10_000])
def test_depth_has_a_limit(world: World, depth: int) -> None:
    world.add("A")

    with pytest.raises(ValidationFailed) as refused:
        within(world, "A", depth=depth)

    assert [error.pointer for error in refused.value.errors] == ["?depth"]
