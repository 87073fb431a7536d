"""Questions about the graph over REST."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import Cast
from tests.node_links.graph.world import KB, MODEL, World

pytestmark = pytest.mark.django_db

STARTING = ("neighbours", "connected", "subgraph", "impact")


def ask(cast: Cast, question: str, **parameters: Any) -> Any:
    return cast.viewer.client.get(f"/api/v1/graph/{question}/", parameters)


def at(world: World, name: str, prefix: str = "") -> dict[str, Any]:
    place = world[name]
    node = {} if place.node_id is None else {f"{prefix}node_id": place.node_id}
    return {f"{prefix}feature": place.feature, f"{prefix}entity_id": place.entity_id, **node}


def shown(world: World, name: str, **more: Any) -> dict[str, Any]:
    place = world[name]
    return {
        "feature": place.feature,
        "entity_id": str(place.entity_id),
        "node_id": place.node_id,
        "node_type": "section" if place.node_id else "sop",
        "name": place.node_id or name,
        **more,
    }


def faults(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return sorted((error["pointer"], error["code"]) for error in response.json()["errors"])


@pytest.fixture
def model(world: World) -> World:
    """Return a model whose step documents a procedure, which refers to another one."""
    world.add("M/step", feature=MODEL)
    world.ids["first"] = world.link("M/step", "A", "documents", strength=0.8)
    world.ids["second"] = world.link("A", "B", "references")
    return world


def test_neighbours_come_with_their_links(cast: Cast, model: World) -> None:
    body = ask(cast, "neighbours", **at(model, "A"), direction="in").json()

    link = {
        "id": str(model.ids["first"]),
        "source": shown(model, "M/step"),
        "target": shown(model, "A"),
        "link_type": "documents",
        "link_strength": 0.8,
        "origin": "manual",
        "version_pin": "latest",
        "color": "#F59E0B",
    }
    assert body == {
        "node": shown(model, "A"),
        "neighbours": [{"direction": "in", "node": shown(model, "M"), "link": link}],
        "truncated": False,
    }


def test_connected_come_with_their_distance(cast: Cast, model: World) -> None:
    body = ask(cast, "connected", **at(model, "M/step"), depth=2).json()

    assert body == {
        "node": shown(model, "M/step"),
        "nodes": [shown(model, "A", distance=1), shown(model, "B", distance=2)],
        "total": 2,
        "by_feature": {KB: 2},
        "truncated": False,
    }


def test_a_subgraph_has_nodes_and_links(cast: Cast, model: World) -> None:
    body = ask(cast, "subgraph", **at(model, "B"), depth=2, limit=2).json()

    assert body["nodes"] == [shown(model, "B", distance=0), shown(model, "A", distance=1)]
    assert [link["id"] for link in body["links"]] == [str(model.ids["second"])]
    assert body["truncated"]


def test_a_path_names_both_ends_and_all_between(cast: Cast, model: World) -> None:
    body = ask(cast, "path", **at(model, "M"), **at(model, "B", "target_")).json()

    assert (body["source"], body["target"]) == (shown(model, "M"), shown(model, "B"))
    assert [node["name"] for node in body["nodes"]] == ["M", "A", "B"]
    assert [link["link_type"] for link in body["links"]] == ["documents", "references"]
    assert (body["length"], body["truncated"]) == (2, False)


def test_no_path_is_an_answer(cast: Cast, model: World) -> None:
    body = ask(cast, "path", **at(model, "B"), **at(model, "M", "target_"), direction="out").json()

    assert (body["length"], body["nodes"], body["links"]) == (None, [], [])


def test_impact_tells_links_entities_and_what_to_do(cast: Cast, model: World) -> None:
    body = ask(cast, "impact", **at(model, "B"), operation="delete").json()

    assert [(one["link_id"], one["effect"]) for one in body["affected_links"]] == [
        (str(model.ids["second"]), "broken")
    ]
    assert (body["operation"], body["broken"], body["weakened"]) == ("delete", 1, 0)
    assert body["integrity_score"] == 0.7
    assert [(one["name"], one["distance"], one["severity"]) for one in body["affected"]] == [
        ("A", 1, "medium"),
        ("step", 2, "medium"),
    ]
    path = body["affected"][1]["path"]
    assert [(hop["name"], hop["link_type"]) for hop in path] == [
        ("A", "references"),
        ("step", "documents"),
    ]
    assert body["by_feature"] == {KB: 1, MODEL: 1}
    assert (body["agents"], body["running_executions"]) == ([], [])
    assert body["executions"] == body["answers"] == {"count": 0, "latest": []}
    assert body["recommendations"] == ["repair_links", "recheck_cycles", "notify_owners"]
    assert not body["truncated"]


def test_cycles_begin_with_the_least_address(cast: Cast, model: World) -> None:
    model.link("B", "M/step", "triggers")

    body = ask(cast, "cycles", critical_length=4).json()

    assert body == {
        "cycles": [
            {
                "nodes": [f"{model[name].feature}:{model[name].entity_id}" for name in "MAB"],
                "entities": [shown(model, name) for name in "MAB"],
                "length": 3,
                "link_types": [["documents"], ["references"], ["triggers"]],
                "contains_triggers": True,
                "critical": False,
            }
        ],
        "total_cycles": 1,
        "longest": 3,
        "average_length": 3.0,
        "warnings": ["contains_triggers"],
        "truncated": False,
    }


def test_cycles_by_way_of_runs_are_shown_when_asked_for(cast: Cast, model: World) -> None:
    model.link("B", "A", origin="runtime")

    assert ask(cast, "cycles").json()["total_cycles"] == 0
    assert ask(cast, "cycles", include_runtime="true").json()["total_cycles"] == 1


def test_metrics_are_those_of_the_organisation(cast: Cast, model: World, elsewhere: World) -> None:
    elsewhere.draw("X->Y")

    body = ask(cast, "metrics").json()

    assert (body["total_links"], body["entities"], body["density"]) == (2, 3, 0.333333)
    assert body["strongest"]["link_id"] == str(model.ids["first"])
    assert body["weakest"]["link_strength"] == 0.5
    assert body["by_type"] == {"documents": 1, "references": 1}


def test_metrics_of_nothing_are_zeros(cast: Cast) -> None:
    body = ask(cast, "metrics").json()

    assert (body["total_links"], body["strongest"], body["weakest"]) == (0, None, None)


@pytest.mark.parametrize("question", STARTING)
def test_unknown_foreign_and_deleted_starts_are_answered_alike(
    cast: Cast, world: World, elsewhere: World, question: str
) -> None:
    world.draw("A->B")
    world.delete("B")
    elsewhere.draw("X->Y")

    answers = [
        ask(cast, question, **place)
        for place in (
            at(world, "B"),
            at(elsewhere, "X"),
            {"feature": KB, "entity_id": uuid4()},
            {"feature": MODEL, "entity_id": world["A"].entity_id},
            {**at(world, "A"), "node_id": "none"},
        )
    ]

    bodies = [{**answer.json(), "request_id": None} for answer in answers]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert bodies == [bodies[0]] * 5


def test_either_end_of_a_path_may_be_unknown(cast: Cast, world: World, elsewhere: World) -> None:
    world.draw("A->B")
    elsewhere.draw("X->Y")

    there = ask(cast, "path", **at(world, "A"), **at(elsewhere, "X", "target_"))
    back = ask(cast, "path", **at(elsewhere, "X"), **at(world, "A", "target_"))

    assert (there.status_code, back.status_code) == (404, 404)


@pytest.mark.parametrize("question", ["connected", "subgraph", "impact"])
@pytest.mark.parametrize("depth", [-1, 11, 10_000])
def test_depth_has_limits(cast: Cast, world: World, question: str, depth: int) -> None:
    world.add("A")

    response = ask(cast, question, **at(world, "A"), depth=depth)

    code = "min_value" if depth < 0 else "max_value"
    assert faults(response) == [("?depth", code)]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"feature": "poem"}, ("?feature", "invalid_choice")),
        ({"entity_id": "1"}, ("?entity_id", "invalid")),
        ({"types": "references,likes"}, ("?types", "invalid_choice")),
        ({"direction": "up"}, ("?direction", "invalid_choice")),
        ({"limit": 1001}, ("?limit", "max_value")),
        ({"limit": "many"}, ("?limit", "invalid")),
        ({"hops": 3}, ("?hops", "unknown_parameter")),
        ({"node_id": "a\x00b"}, ("?node_id", "null_character")),
    ],
)
def test_a_wrong_parameter_is_named(
    cast: Cast, world: World, wrong: dict[str, Any], fault: tuple[str, str]
) -> None:
    world.add("A")

    assert faults(ask(cast, "neighbours", **{**at(world, "A"), **wrong})) == [fault]


def test_an_unknown_type_is_named_in_the_message(cast: Cast, world: World) -> None:
    world.add("A")

    (error,) = ask(cast, "neighbours", **at(world, "A"), types="likes").json()["errors"]

    assert error["message"].startswith("Unknown link type likes; there are: consumes, documents,")


def test_all_faults_are_told_together(cast: Cast) -> None:
    assert faults(ask(cast, "path", feature="x", depth=0, foo=1)) == [
        ("?depth", "min_value"),
        ("?entity_id", "required"),
        ("?feature", "invalid_choice"),
        ("?foo", "unknown_parameter"),
        ("?target_entity_id", "required"),
        ("?target_feature", "required"),
    ]
    assert faults(ask(cast, "cycles", max_length=51, include_runtime="yes")) == [
        ("?include_runtime", "invalid_choice"),
        ("?max_length", "max_value"),
    ]
    assert faults(ask(cast, "metrics", feature=KB)) == [("?feature", "unknown_parameter")]


def test_a_stranger_sees_only_their_own_graph(cast: Cast, world: World) -> None:
    world.draw("A->B B->A")
    client = cast.stranger.client

    assert client.get("/api/v1/graph/cycles/").json()["total_cycles"] == 0
    assert client.get("/api/v1/graph/metrics/").json()["total_links"] == 0
    assert client.get("/api/v1/graph/neighbours/", at(world, "A")).status_code == 404


def test_nobody_asks_without_signing_in(client: Any) -> None:
    assert client.get("/api/v1/graph/metrics/").status_code == 401


# Three are the request's own: a savepoint, its release, and entering the organisation.
SPENT = {"neighbours": 8, "connected": 8, "subgraph": 10, "path": 10, "impact": 14}


@pytest.mark.parametrize("count", [2, 25])
def test_each_question_costs_the_same_among_two_links_and_among_many(
    cast: Cast, world: World, count: int
) -> None:
    world.draw("A->B B->C")
    for number in range(count):
        world.draw(f"A->D{number} D{number}->C")
    client = cast.viewer.client
    found = {}
    for question in SPENT:
        place = at(world, "C")
        if question == "path":
            place |= at(world, "A", "target_")
        with CaptureQueriesContext(connection) as captured:
            response = client.get(f"/api/v1/graph/{question}/", place)
        assert response.status_code == 200, response.content
        found[question] = len(captured)

    assert found == SPENT
