"""What a change reaches."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from config.exceptions import NotFound, ValidationFailed
from node_links.graph.impact import Impact, impact
from node_links.graph.integrity import Effect, Integrity, check_integrity
from node_links.graph.nodes import Address
from node_links.graph.usage import LATEST, Usage, UsageRegistry, Used, usages
from node_links.models import NodeLinkType
from tests.factories import Cast, make_sop
from tests.node_links.graph.world import KB, MODEL, World

pytestmark = pytest.mark.django_db


def of(world: World, start: str, **options: Any) -> Impact:
    with scope(world.actor):
        return impact(actor=world.actor, address=world[start], **options)


def integrity(world: World, start: str, operation: str, **options: Any) -> Integrity:
    with scope(world.actor):
        return check_integrity(
            actor=world.actor, address=world[start], operation=operation, **options
        )


def reached(world: World, found: Impact) -> list[tuple[str, int, str]]:
    return [(world.name(one.node), one.distance, one.severity.value) for one in found.affected]


@pytest.mark.parametrize(
    ("operation", "links", "score"),
    [
        ("delete", 2, 0.4),
        ("archive", 1, 0.9),
        ("delete", 4, 0.0),
        ("update", 3, 0.85),
        ("create", 3, 1.0),
        ("delete", 0, 1.0),
    ],
)
def test_the_score_falls_with_each_link_that_is_hit(
    world: World, operation: str, links: int, score: float
) -> None:
    world.add("A")
    for number in range(links):
        world.link("A", f"B{number}") if number % 2 else world.link(f"B{number}", "A")

    found = integrity(world, "A", operation)

    assert found.score == score
    broken = links if operation == "delete" else 0
    weakened = links if operation in ("archive", "update") else 0
    assert (found.broken, found.weakened) == (broken, weakened)
    assert len(found.affected_links) == broken + weakened


def test_links_of_runs_and_of_deleted_entities_are_not_hit(world: World) -> None:
    own = world.link("A", "B")
    derived = world.link("C", "A", origin="derived")
    world.link("A", "D", origin="runtime")
    world.link("A", "E")
    world.delete("E")

    found = integrity(world, "A", "delete")

    effects = [(link.id, effect) for link, effect in found.affected_links]
    assert effects == [(own, Effect.BROKEN), (derived, Effect.BROKEN)]


def test_links_inside_the_entity_touch_it_once(world: World) -> None:
    world.add("A/x", "A/y", feature=MODEL)
    world.draw("A/x->A/y A/x->B")

    assert integrity(world, "A", "delete").broken == 2
    assert integrity(world, "A/y", "delete").broken == 1


def test_counts_the_critical_links_and_all_that_are_not_shown(world: World) -> None:
    world.link("A", "B", strength=0.7)
    world.link("A", "C", strength=0.7001)
    world.link("D", "A", "implements", strength=0.1)

    found = integrity(world, "A", "delete", limit=1)

    assert (found.broken, found.critical, found.score) == (3, 2, 0.1)
    assert len(found.affected_links) == 1
    assert found.truncated


def test_a_change_travels_as_the_type_says(world: World) -> None:
    world.link("User", "A", "references")
    world.link("A", "Used", "references")
    world.link("A", "Supported", "supports")
    world.link("Supporter", "A", "supports")
    world.link("A", "Started", "triggers")
    world.link("Starter", "A", "triggers")
    world.link("A", "Product", "produces")

    found = of(world, "A", depth=1)

    names = {world.name(one.node) for one in found.affected}
    assert names == {"User", "Supported", "Started", "Starter", "Product"}
    assert (found.total, found.by_feature) == (5, {KB: 5})


def test_a_type_of_the_organisation_says_for_itself_how_a_change_travels(world: World) -> None:
    with scope(world.actor):
        for name, travels in (("feeds", "source_to_target"), ("likes", "target_to_source")):
            NodeLinkType.objects.create(
                organization_id=world.actor.tenant_id, type_name=name, change_travels=travels
            )
    world.link("A", "B", "feeds")
    world.link("A", "C", "likes")
    world.link("D", "A", "likes")
    world.link("E", "A", "forgotten type")

    assert {world.name(one.node) for one in of(world, "A").affected} == {"B", "D", "E"}


def test_goes_on_over_further_links_the_nearest_first(world: World) -> None:
    world.draw("B->A C->B D->C C->A")

    found = of(world, "A", depth=2)

    assert [(world.name(one.node), one.distance) for one in found.affected] == [
        ("B", 1),
        ("C", 1),
        ("D", 2),
    ]
    assert [world.name(hop.node) for hop in found.affected[2].hops] == ["C", "D"]


def test_severity_is_the_product_along_the_strongest_of_the_shortest_ways(world: World) -> None:
    world.link("B", "A", strength=0.9)
    world.link("C", "A", strength=0.4)
    weak = world.link("D", "B", strength=0.1)
    strong = world.link("D", "C", strength=1)
    world.link("E", "B", "implements", strength=0.2)
    world.link("F", "A", strength=0.3)

    found = {world.name(one.node): one for one in of(world, "A").affected}

    assert {name: (one.score, one.severity.value) for name, one in found.items()} == {
        "B": (0.9, "high"),
        "C": (0.4, "medium"),
        "F": (0.3, "low"),
        "E": (0.72, "high"),  # 0.9 * 0.8: what implements fails with the other
        "D": (0.4, "medium"),
    }
    assert weak != found["D"].hops[1].link_id == strong


def test_names_the_node_at_which_the_change_arrives_and_goes_on_from_its_entity(
    world: World,
) -> None:
    world.add("M/step", "M/other", feature=MODEL)
    world.link("M/step", "A", "documents")
    world.link("B", "M/other", "references")

    found = of(world, "A")

    assert reached(world, found) == [("M/step", 1, "medium"), ("B", 2, "low")]
    assert found.affected[0].node.node_type == "section"
    assert found.by_feature == {KB: 1, MODEL: 1}


def test_a_change_of_a_node_goes_out_by_its_own_links(world: World) -> None:
    world.add("M/x", "M/y", feature=MODEL)
    world.draw("A->M/x B->M/y C->M")

    found = of(world, "M/x", operation="delete")

    assert reached(world, found) == [("A", 1, "medium")]
    assert (found.integrity.broken, found.integrity.score) == (1, 0.7)


def test_links_of_runs_carry_no_change(world: World) -> None:
    world.link("B", "A", "consumes", origin="runtime")

    assert of(world, "A").affected == []


def test_shows_the_nearest_and_counts_all(world: World) -> None:
    world.draw("B->A C->A D->B E->D")

    found = of(world, "A", depth=3, limit=1)

    assert len(found.affected) == 1
    assert (found.total, found.truncated) == (4, True)
    assert not of(world, "A", depth=3, limit=4).truncated


def test_types_narrow_the_ways_of_the_change(world: World) -> None:
    world.link("B", "A", "references")
    world.link("A", "C", "supports")
    world.link("D", "A", "triggers")

    found = of(world, "A", types=["supports", "triggers"])

    assert {world.name(one.node) for one in found.affected} == {"C", "D"}


def test_recommends_what_follows_from_the_answer(world: World) -> None:
    world.draw("B->A")
    world.add("Alone")

    assert of(world, "A", operation="delete").recommendations == [
        "repair_links",
        "recheck_cycles",
        "notify_owners",
    ]
    assert of(world, "A", operation="update").recommendations == [
        "recheck_cycles",
        "notify_owners",
    ]
    assert of(world, "A", operation="create").recommendations == ["notify_owners"]
    assert of(world, "Alone", operation="delete").recommendations == []


def test_names_the_owners_of_what_is_touched(cast: Cast, world: World) -> None:
    first = make_sop(cast.editor, title="First")
    make_sop(cast.owner, title="Second", content="See [[First]].")

    with scope(world.actor):
        found = impact(actor=world.actor, address=Address(KB, first.pk))

    assert [(owner.name, owner.entities) for owner in found.owners] == sorted(
        [(cast.editor.user.name, 1), (cast.owner.user.name, 1)]
    )


def test_other_apps_tell_of_users_once_they_have_joined(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add("A")
    run = {"id": str(uuid4())}
    monkeypatch.setattr(usages, "_sources", {})
    usages.add(Usage.EXECUTIONS, lambda actor, address: Used(LATEST + 5, [run] * LATEST))

    found = of(world, "A").usage

    assert found[Usage.EXECUTIONS] == Used(15, [run] * 10)
    assert found[Usage.AGENTS] == Used(0, [])
    with pytest.raises(ValueError, match="executions"):
        usages.add(Usage.EXECUTIONS, lambda actor, address: Used())


def test_nobody_tells_of_users_before_an_app_has_joined(world: World) -> None:
    world.add("A")

    found = UsageRegistry().find(world.actor, world["A"])

    assert {usage: used.count for usage, used in found.items()} == dict.fromkeys(Usage, 0)


def test_unknown_starts_and_wrong_parameters_are_refused(world: World, elsewhere: World) -> None:
    elsewhere.draw("X->Y")
    world.add("A")

    with pytest.raises(NotFound), scope(world.actor):
        impact(actor=world.actor, address=elsewhere["X"])
    for name, value in (("depth", 11), ("operation", "rename"), ("limit", 0), ("types", ["no"])):
        with pytest.raises(ValidationFailed) as refused:
            of(world, "A", **{name: value})
        assert [error.pointer for error in refused.value.errors] == [f"?{name}"]


@pytest.mark.parametrize("count", [2, 30])
def test_asks_the_database_as_often_for_two_affected_as_for_thirty(
    world: World, count: int
) -> None:
    for number in range(count):
        world.link(f"B{number}", "A")
        world.link(f"C{number}", f"B{number}")

    with scope(world.actor), CaptureQueriesContext(connection) as captured:
        found = impact(actor=world.actor, address=world["A"])

    assert len(found.affected) == 2 * count
    assert len(captured) == 11
