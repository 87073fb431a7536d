"""Nodes inside an entity: of a feature that has none, and of one that lets them be drawn."""

from typing import Any
from urllib.parse import quote

import pytest

from accounts.tenancy import scope
from knowledge_base.services.sops import archive_sop, update_sop
from node_links.models import NodeEntity, NodeLink, NodeMetadata
from node_links.operations import NodeOperations
from node_links.registry import Feature, features
from tests.factories import Cast, make_sop
from tests.node_links.nodes.conftest import (
    FEATURE,
    NODES,
    at,
    draw_row,
    link,
    node_of,
    reread,
    told,
)
from tests.observing import faults, refused

pytestmark = pytest.mark.django_db


def draw(cast: Cast, sop: Any, **values: Any) -> Any:
    body = {"feature": FEATURE, "entity_id": str(sop.pk), "node_type": "step", "name": "Step"}
    return cast.editor.client.post(NODES, {**body, **values})


def test_a_feature_without_inner_nodes_says_so(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    draw_row(cast.editor, sop, "a")

    refused(draw(cast, sop), 409, "not_offered")
    body = refused(
        cast.editor.client.patch(at(sop, "a/"), {"name": "New", "position": {"x": 1, "y": 1}}),
        409,
        "not_offered",
    )
    assert "name, position" in body["detail"]
    refused(cast.editor.client.delete(at(sop, "a/")), 409, "not_offered")

    assert (reread(cast.editor, sop).revision, told(cast.editor, sop)) == (1, [])
    assert node_of(cast.editor, sop, "a").name == "a"


def test_what_is_kept_with_a_node_needs_no_offer_of_its_feature(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    draw_row(
        cast.editor, sop, "a", metadata={"own": 1}, search_keywords=["own"], search_text="Summary"
    )

    response = cast.editor.client.patch(
        at(sop, "a/"), {"metadata": {"own": 1, "mine": 2}, "search_keywords": ["quokka", "own"]}
    )

    body = response.json()
    assert (response.status_code, body["node_id"], body["revision"]) == (200, "a", 2)
    assert body["metadata"] == {"own": 1, "mine": 2}
    assert body["search_keywords"] == ["own", "quokka"]
    row = node_of(cast.editor, sop, "a")
    assert (row.given_metadata, row.given_keywords) == ({"mine": 2}, ["quokka"])
    [(event, node_id, data)] = told(cast.editor, sop)
    assert (event, node_id) == ("SopUpdated", "a")
    assert data["changes"]["metadata"] == {"old": {"own": 1}, "new": {"own": 1, "mine": 2}}
    [hit] = cast.viewer.client.get(f"{NODES}search/?q=quokka&mode=text").json()["results"]
    assert (hit["node_id"], hit["name"]) == ("a", "a")
    # Taking it back leaves what the row said before.
    again = cast.editor.client.patch(at(sop, "a/"), {"metadata": {}, "search_keywords": []}).json()
    assert (again["metadata"], again["search_keywords"]) == ({"own": 1}, ["own"])


@pytest.mark.parametrize("node_id", ["a/b", "ä b", "a.b", "%", "x" * 255])
def test_any_text_names_a_node(cast: Cast, node_id: str) -> None:
    sop = make_sop(cast.editor)
    draw_row(cast.editor, sop, node_id)

    body = cast.viewer.client.get(at(sop, f"{quote(node_id)}/")).json()

    assert body["node_id"] == node_id
    refused(cast.viewer.client.get(at(sop, f"{quote(node_id)}%00/")), 404, "not_found")


@pytest.mark.usefixtures("drawing")
def test_a_node_is_drawn_changed_and_removed(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    client = cast.editor.client

    made = draw(
        cast,
        sop,
        node_id="a",
        position={"x": 3, "y": 4},
        visual_properties={"color": "red"},
        metadata={"mine": 1},
        ai_agent_config={"name": "Helper"},
    )

    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["node_id"], body["node_type"], body["position"]) == ("a", "step", {"x": 3, "y": 4})
    assert (body["visual_properties"], body["metadata"]) == ({"color": "red"}, {"mine": 1})
    # The feature keeps how its nodes look; what it does not keep is kept with the node.
    row = node_of(cast.editor, sop, "a")
    assert (row.given_visual_properties, row.given_metadata) == ({}, {"mine": 1})

    changed = client.patch(
        at(sop, "a/"), {"name": "New", "visual_properties": {"color": "blue"}, "metadata": {"b": 2}}
    ).json()
    assert (changed["name"], changed["visual_properties"]) == ("New", {"color": "blue"})
    assert (changed["metadata"], changed["ai_agent_config"]) == ({"b": 2}, {"name": "Helper"})
    assert changed["id"] == body["id"]

    link(cast.editor, node_of(cast.editor, sop, "a"), node_of(cast.editor, sop))
    assert client.delete(at(sop, "a/")).status_code == 204
    refused(client.get(at(sop, "a/")), 404, "not_found")
    with scope(cast.editor.actor):
        assert NodeLink.objects.count() == 0
        assert NodeMetadata.objects.count() == 1


@pytest.mark.usefixtures("drawing")
def test_what_is_set_on_a_drawn_node_survives_the_sync(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    draw(cast, sop, node_id="a", metadata={"mine": 1}, search_keywords=["quokka"])

    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"content": "# Another"})

    body = cast.viewer.client.get(at(sop, "a/")).json()
    assert (body["metadata"], body["search_keywords"]) == ({"mine": 1}, ["quokka"])


@pytest.mark.usefixtures("drawing")
def test_a_node_without_an_id_gets_one(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    body = draw(cast, sop).json()

    assert body["node_id"]
    assert cast.viewer.client.get(at(sop, f"{body['node_id']}/")).json()["name"] == "Step"


@pytest.mark.usefixtures("drawing")
def test_drawing_needs_a_kind_and_the_right_to_edit(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    body = {"feature": FEATURE, "entity_id": str(sop.pk), "name": "Step"}

    assert faults(cast.editor.client.post(NODES, body)) == {("/node_type", "required")}
    body["node_type"] = "step"
    refused(cast.viewer.client.post(NODES, body), 403, "permission_denied")
    refused(cast.stranger.client.post(NODES, body), 404, "not_found")
    assert faults(draw(cast, sop, name="")) == {("/name", "blank")}
    with scope(cast.owner.actor):
        archive_sop(actor=cast.owner.actor, pk=sop.pk)
    refused(draw(cast, sop), 409, "invalid_transition")

    with scope(cast.owner.actor):
        assert NodeMetadata.objects.count() == 1


@pytest.mark.usefixtures("drawing")
def test_an_archived_drawing_loses_no_node(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    draw(cast, sop, node_id="a")
    with scope(cast.owner.actor):
        archive_sop(actor=cast.owner.actor, pk=sop.pk)

    refused(cast.editor.client.delete(at(sop, "a/")), 409, "invalid_transition")

    assert node_of(cast.owner, sop, "a").name == "Step"


def test_a_feature_that_offers_nothing_refuses_everything(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sop = make_sop(cast.editor)
    joined = features.get(FEATURE)
    silent = Feature(FEATURE, joined.model, joined.describe)
    monkeypatch.setitem(features._features, FEATURE, silent)
    client = cast.owner.client

    refused(client.post(NODES, {"feature": FEATURE, "name": "x"}), 409, "not_offered")
    refused(client.patch(at(sop), {"name": "x"}), 409, "not_offered")
    refused(client.delete(at(sop)), 409, "not_offered")

    assert type(silent.operations) is NodeOperations
    assert isinstance(reread(cast.owner, sop), NodeEntity)
    assert client.patch(at(sop), {"metadata": {"a": 1}}).json()["metadata"]["a"] == 1
