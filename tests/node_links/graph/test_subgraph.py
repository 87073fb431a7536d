"""The part of the graph around some nodes."""

from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import NotFound, ValidationFailed
from node_links.graph.nodes import Address
from node_links.graph.subgraph import Subgraph, subgraph
from tests.node_links.graph.world import MODEL, World

pytestmark = pytest.mark.django_db


def around(world: World, *roots: str, **options: Any) -> Subgraph:
    with scope(world.actor):
        return subgraph(actor=world.actor, roots=[world[root] for root in roots], **options)


def arrows(world: World, found: Subgraph) -> list[str]:
    return [f"{world.name(link.source)}->{world.name(link.target)}" for link in found.links]


def test_holds_the_entities_within_the_depth_and_every_link_among_them(world: World) -> None:
    world.draw("A->B B->C C->A C->D D->E")

    found = around(world, "A", depth=1)

    assert world.names(found.nodes) == ["A", "B", "C"]
    assert [node.distance for node in found.nodes] == [0, 1, 1]
    assert arrows(world, found) == ["A->B", "B->C", "C->A"]
    assert not found.truncated


def test_a_depth_of_zero_shows_the_roots_and_what_joins_them(world: World) -> None:
    world.draw("A->B B->C")

    found = around(world, "A", "B", depth=0)

    assert world.names(found.nodes) == ["A", "B"]
    assert arrows(world, found) == ["A->B"]


@pytest.mark.parametrize(("direction", "names"), [("out", "BC"), ("in", "BA"), ("both", "BAC")])
def test_follows_the_arrows_of_the_direction(world: World, direction: str, names: str) -> None:
    world.draw("A->B B->C")

    found = around(world, "B", direction=direction)

    assert world.names(found.nodes) == list(names)


def test_follows_and_shows_links_of_the_types_only(world: World) -> None:
    world.draw("A->B B->C")
    world.draw("A->C", "documents")

    found = around(world, "A", depth=2, types=["documents"])

    assert world.names(found.nodes) == ["A", "C"]
    assert arrows(world, found) == ["A->C"]


def test_a_root_inside_an_entity_leads_on_by_its_own_links_first(world: World) -> None:
    world.add("A/x", "A/y", feature=MODEL)
    world.draw("A/x->B A/y->C B->D")
    world.draw("A/x->A/y", "nested")

    found = around(world, "A/x", depth=2)

    assert world.names(found.nodes) == ["A", "B", "D"]
    assert arrows(world, found) == ["A/x->B", "B->D"]
    assert found.links[0].source.name == "x"
    assert found.links[0].source.node_type == "section"


def test_deleted_entities_are_neither_shown_nor_passed_through(world: World) -> None:
    world.draw("A->B B->C A->D")
    world.delete("B")

    found = around(world, "A", depth=5)

    assert world.names(found.nodes) == ["A", "D"]
    assert arrows(world, found) == ["A->D"]


def test_says_that_the_limit_left_something_out(world: World) -> None:
    world.draw("A->B A->C A->D")

    assert not around(world, "A", limit=4).truncated
    found = around(world, "A", limit=3)
    assert world.names(found.nodes) == ["A", "B", "C"]
    assert found.truncated


def test_links_carry_what_a_client_shows(world: World) -> None:
    own = world.link("A", "B", "documents", strength="0.9", visual_properties={"color": "#000000"})
    world.link("A", "B", "supports", origin="derived", version_pin="1.0.0")

    first, second = around(world, "A").links

    assert (first.id, first.link_type, first.link_strength) == (own, "documents", 0.9)
    assert (first.color, second.color) == ("#000000", "#8B5CF6")
    assert (second.origin, second.version_pin) == ("derived", "1.0.0")


def test_a_root_of_another_organisation_is_as_unknown_as_one_that_never_was(
    world: World, elsewhere: World
) -> None:
    elsewhere.draw("X->Y")
    world.draw("A->B")
    world.delete("B")

    for root in (elsewhere["X"], Address("knowledge-base", world.actor.tenant_id), world["B"]):
        with pytest.raises(NotFound), scope(world.actor):
            subgraph(actor=world.actor, roots=[root])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("?depth", {"depth": 10_000}),
        ("?limit", {"limit": 0}),
        ("?direction", {"direction": "sideways"}),
        ("?types", {"types": ["likes"]}),
    ],
)
def test_names_the_parameter_that_is_out_of_range(
    world: World, name: str, options: dict[str, Any]
) -> None:
    world.add("A")

    with pytest.raises(ValidationFailed) as refused:
        around(world, "A", **options)

    assert [error.pointer for error in refused.value.errors] == [name]
