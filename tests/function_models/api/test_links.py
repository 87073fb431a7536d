"""Links derived from what actions refer to, and the door to nodes of all features."""

from typing import Any

import pytest

from accounts.tenancy import scope
from node_links.events.delivering import deliver
from node_links.events.subscribing import subscribers
from node_links.models import NodeLink
from tests.factories import Cast, make_model, make_sop
from tests.function_models.api.observing import address, everything, links, publishable, reread
from tests.function_models.drawings import container, drawing, knowledge, nested, tether
from tests.observing import UNKNOWN, answered, event_types, events, faults, refused

pytestmark = pytest.mark.django_db


def hear() -> None:
    """Deliver to the subscriber what has happened."""
    subscriber = subscribers.get("function_model_references")
    assert subscriber is not None
    while deliver(subscriber).delivered:
        pass


def test_each_action_keeps_one_link_to_what_it_refers_to(cast: Cast) -> None:
    first, second = make_sop(cast.editor), make_sop(cast.editor, title="Another")
    inner = make_model(cast.editor, name="Inner")
    model = make_model(cast.editor)
    client = cast.editor.client
    document = publishable(
        knowledge("k", "work", kb_reference_id=str(first.pk)),
        nested("n", "work", nested_model_id=str(inner.pk)),
        tether("t", "work", tether_reference_id=UNKNOWN),
    )

    answered(client.put(address(model, "canvas/"), document))

    sop_link = ("k", "references", "knowledge-base", str(first.pk))
    model_link = ("n", "nested", "function-model", str(inner.pk))
    assert links(cast.editor, model) == {sop_link, model_link}
    assert reread(cast.editor, model).dangling_references == [f"spindle:{UNKNOWN}"]
    told = [data for name, data in events(cast.editor, model) if name == "NodeLinkCreated"]
    assert [(data["origin"], data["source"]["node_id"]) for data in told] == [
        ("derived", "n"),
        ("derived", "k"),
    ] or [(data["origin"], data["source"]["node_id"]) for data in told] == [
        ("derived", "k"),
        ("derived", "n"),
    ]
    with scope(cast.editor.actor):
        kept = NodeLink.objects.get(source_node_id="n").pk

    changed = {"data": {"kb_reference_id": str(second.pk)}}
    answered(client.patch(address(model, "nodes/k/"), changed))
    answered(client.delete(address(model, "nodes/t/")), 204)

    assert links(cast.editor, model) == {
        ("k", "references", "knowledge-base", str(second.pk)),
        model_link,
    }
    assert reread(cast.editor, model).dangling_references == []
    with scope(cast.editor.actor):
        assert NodeLink.objects.get(source_node_id="n").pk == kept
    answered(client.put(address(model, "canvas/"), publishable()))
    assert links(cast.editor, model) == set()
    assert event_types(cast.editor, model).count("NodeLinkRemoved") == 3


def test_a_copy_has_links_of_its_own(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    model = make_model(
        cast.editor, publishable(knowledge("k", "work", kb_reference_id=str(sop.pk)))
    )

    url = address(model, "duplicate/")
    copy = answered(cast.editor.client.post(url, {"name": "A copy"}), 201)

    wanted = {("k", "references", "knowledge-base", str(sop.pk))}
    assert links(cast.editor, model) == wanted
    assert links(cast.editor, reread(cast.editor, copy["id"])) == wanted


def test_what_belongs_to_others_is_not_linked(cast: Cast) -> None:
    foreign = make_sop(cast.stranger)

    model = make_model(
        cast.editor, publishable(knowledge("k", "work", kb_reference_id=str(foreign.pk)))
    )

    assert links(cast.editor, model) == set()


def test_a_reference_is_linked_as_soon_as_its_target_is_back(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    answered(cast.editor.client.delete(f"/api/v1/sops/{sop.pk}/"), 204)
    model = make_model(
        cast.editor, publishable(knowledge("k", "work", kb_reference_id=str(sop.pk).upper()))
    )
    assert links(cast.editor, model) == set()

    answered(cast.admin.client.post(f"/api/v1/sops/{sop.pk}/restore/"))
    hear()

    assert links(cast.editor, model) == {("k", "references", "knowledge-base", str(sop.pk))}
    healed = reread(cast.editor, model)
    assert (healed.dangling_references, healed.revision) == ([], 1)
    hear()
    assert event_types(cast.editor, model) == ["FunctionModelCreated", "NodeLinkCreated"]


def test_a_model_that_comes_back_looks_for_its_references_again(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    answered(cast.editor.client.delete(f"/api/v1/sops/{sop.pk}/"), 204)
    model = make_model(
        cast.editor, publishable(knowledge("k", "work", kb_reference_id=str(sop.pk)))
    )
    answered(cast.editor.client.delete(address(model)), 204)
    answered(cast.admin.client.post(f"/api/v1/sops/{sop.pk}/restore/"))
    hear()

    answered(cast.admin.client.post(address(model, "restore/")))

    assert links(cast.editor, model) == {("k", "references", "knowledge-base", str(sop.pk))}


def test_links_made_by_hand_go_with_their_node_and_that_is_told(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    model = make_model(cast.editor, drawing(container("s")))
    body = {
        "source_feature": "function-model",
        "source_entity_id": str(model.pk),
        "source_node_id": "s",
        "target_feature": "knowledge-base",
        "target_entity_id": str(sop.pk),
        "link_type": "documents",
    }
    answered(cast.editor.client.post("/api/v1/links/", body), 201)

    answered(cast.editor.client.delete(address(model, "nodes/s/")), 204)

    removed = [data for name, data in events(cast.editor, model) if name == "NodeLinkRemoved"]
    assert [(data["source"]["node_id"], data["reason"]) for data in removed] == [
        ("s", "node_removed")
    ]


NODES = "/api/v1/nodes/"


def node(model: Any, node_id: str = "") -> str:
    return f"{NODES}function-model/{model.pk}/{node_id}{'/' if node_id else ''}"


def test_the_door_to_all_nodes_changes_models_and_what_is_drawn_in_them(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    client = cast.editor.client

    answered(client.patch(node(model), {"name": "Another name", "data": {"tags": ["x"]}}))
    answered(
        client.patch(
            node(model, "work"),
            {
                "name": "Work hard",
                "position": {"x": 5, "y": 6},
                "visual_properties": {"colour": "red"},
                "data": {"priority": 9},
            },
        )
    )
    answered(client.delete(node(model, "out")), 204)

    stored = reread(cast.editor, model)
    assert (stored.name, stored.tags) == ("Another name", ["x"])
    [_, work] = stored.nodes_data
    assert (work["data"]["name"], work["data"]["priority"]) == ("Work hard", 9)
    assert work["data"]["visual_properties"] == {"colour": "red"}
    assert work["position"] == {"x": 5, "y": 6}
    assert event_types(cast.editor, model)[1:] == [
        "FunctionModelUpdated",
        "ContainerNodeUpdated",
        "ContainerNodeRemoved",
        "EdgeRemoved",
    ]


@pytest.mark.parametrize(
    ("rest", "body", "wanted"),
    [
        ("", {"name": "ä."}, {("/name", "min_length")}),
        ("", {"name": "äöü"}, {("/name", "name_charset")}),
        ("", {"data": {"colour": 1}}, {("/data/colour", "unknown_field")}),
        ("", {"data": {"estimated_duration": -1}}, {("/data/estimated_duration", "min_value")}),
        ("work", {"name": "a" * 201}, {("/name", "max_length")}),
        ("work", {"data": {"priority": 11}}, {("/data/priority", "max_value")}),
    ],
)
def test_the_door_refuses_by_the_rules_of_models(
    cast: Cast, rest: str, body: Any, wanted: set[tuple[str, str]]
) -> None:
    model = make_model(cast.editor, publishable())
    before = everything()

    response = cast.editor.client.patch(node(model, rest), body)

    assert (response.status_code, faults(response)) == (400, wanted)
    assert everything() == before


def test_the_door_draws_and_deletes(cast: Cast) -> None:
    client = cast.editor.client
    model = make_model(cast.editor, drawing(container("s")))
    one = {
        "feature": "function-model",
        "entity_id": str(model.pk),
        "node_id": "k",
        "node_type": "kbNode",
        "name": "Read it",
        "data": {
            "parent_id": "s",
            "kb_reference_id": UNKNOWN,
            "short_description": "What to do.",
        },
    }
    whole = {"feature": "function-model", "name": "By the door", "data": {"description": "x"}}

    made = client.post(f"{NODES}batch/", {"nodes": [one, whole]})

    assert made.status_code in (200, 201), made.content
    assert [n["id"] for n in reread(cast.editor, model).nodes_data] == ["s", "k"]
    assert event_types(cast.editor, model)[-1] == "ActionNodeAdded"
    answered(client.delete(node(model)), 204)
    assert reread(cast.editor, model).retention_days == 365
    refused(client.get(address(model)), 404, "not_found")
