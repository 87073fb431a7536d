"""The node of an entity: what is shown, what may be changed, and what stays."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import archive_sop, delete_sop, update_sop
from node_links.models import AuditLog, NodeEvent, NodeMetadata
from tests.accounts.conftest import make_key
from tests.factories import Cast, make_sop
from tests.node_links.nodes.conftest import NODES, at, draw_row, link, node_of, reread, told
from tests.observing import faults, refused

UNKNOWN = "0190a0b0-0000-7000-8000-000000000000"
pytestmark = pytest.mark.django_db


def test_a_node_is_shown_with_its_entity_and_the_number_of_its_links(cast: Cast) -> None:
    sop = make_sop(
        cast.editor, summary="How.", tags=["mail"], category="IT", search_keywords=["smtp"]
    )
    other = make_sop(cast.editor, title="Other")
    inner = draw_row(cast.editor, sop, "a")
    link(cast.editor, inner, node_of(cast.editor, other))
    link(cast.editor, node_of(cast.editor, other), node_of(cast.editor, sop), "documents")

    response = cast.viewer.client.get(at(sop))

    body = response.json()
    assert (response.status_code, response["ETag"]) == (200, '"1"')
    assert {name: body[name] for name in ("feature", "entity_id", "node_id", "node_type")} == {
        "feature": "knowledge-base",
        "entity_id": str(sop.pk),
        "node_id": None,
        "node_type": "sop",
    }
    assert (body["name"], body["status"], body["version"]) == (sop.title, "draft", "1.0.0")
    assert (body["revision"], body["published_version"]) == (1, None)
    assert (body["summary"], body["search_keywords"]) == ("How.", ["smtp", "mail"])
    assert body["metadata"] == {"category": "IT", "content_type": "procedure"}
    assert (body["visual_properties"], body["ai_agent_config"]) == ({}, None)
    assert (body["links_out"], body["links_in"]) == (1, 1)
    assert (body["embedding_model"], body["vector_given"]) == (None, False)
    assert "vector_embedding" not in body
    assert "given_metadata" not in body and "content_hash" not in body


def test_a_known_revision_is_not_sent_again(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    response = cast.viewer.client.get(at(sop), headers={"If-None-Match": '"1"'})

    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
@pytest.mark.parametrize(
    "place",
    [
        f"knowledge-base/{UNKNOWN}/",
        f"knowledge-base/{UNKNOWN}/a/",
        "knowledge-base/5/",
        f"spindle/{UNKNOWN}/",
        f"garden/{UNKNOWN}/",
    ],
)
def test_what_is_not_there_is_404(cast: Cast, method: str, place: str) -> None:
    refused(getattr(cast.owner.client, method)(NODES + place, {}), 404, "not_found")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
@pytest.mark.parametrize("rest", ["", "a/"])
def test_a_foreign_node_is_404_and_stays_as_it_is(cast: Cast, method: str, rest: str) -> None:
    sop = make_sop(cast.editor)
    draw_row(cast.editor, sop, "a")

    body = None if method == "get" else {"metadata": {"x": 1}}

    answer = getattr(cast.stranger.client, method)(at(sop, rest), body)

    unknown = getattr(cast.stranger.client, method)(at(uuid4(), rest), body)
    hidden = {**refused(answer, 404, "not_found"), "request_id": None}
    assert hidden == {**refused(unknown, 404, "not_found"), "request_id": None}
    assert reread(cast.editor, sop).revision == 1
    assert "x" not in node_of(cast.editor, sop).metadata


def test_a_deleted_entity_has_no_node(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.owner.actor):
        delete_sop(actor=cast.owner.actor, pk=sop.pk)

    refused(cast.owner.client.get(at(sop)), 404, "not_found")


def test_a_change_of_name_and_place_is_the_entitys_own(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    response = cast.editor.client.patch(
        at(sop), {"name": "Stop the mail server", "position": {"x": 4.5, "y": -2}}
    )

    assert (response.status_code, response["ETag"]) == (200, '"2"'), response.content
    body = response.json()
    assert (body["name"], body["position"]) == ("Stop the mail server", {"x": 4.5, "y": -2.0})
    changed = reread(cast.editor, sop)
    assert (changed.title, changed.node_position) == (body["name"], {"x": 4.5, "y": -2.0})
    [(event, node_id, data)] = told(cast.editor, sop)
    assert (event, node_id, set(data["changes"])) == (
        "SopUpdated",
        None,
        {"title", "node_position"},
    )


def test_what_is_set_on_a_node_survives_every_change_of_its_entity(cast: Cast) -> None:
    sop = make_sop(cast.editor, category="IT", tags=["mail"], search_keywords=["smtp"])
    agent = {"name": "Helper", "tools": ["search"]}

    response = cast.editor.client.patch(
        at(sop),
        {
            "visual_properties": {"color": "#123456"},
            "metadata": {"category": "Mine", "floor": 3},
            "search_keywords": ["Quokka", "mail"],
            "ai_agent_config": agent,
        },
    )

    assert response.status_code == 200, response.content
    assert response.json()["metadata"] == {
        "category": "Mine",
        "content_type": "procedure",
        "floor": 3,
    }
    with scope(cast.editor.actor):
        update_sop(
            actor=cast.editor.actor,
            pk=sop.pk,
            values={
                "title": "New",
                "category": "HR",
                "content_type": "guideline",
                "tags": ["post"],
            },
        )
    body = cast.viewer.client.get(at(sop)).json()
    assert body["metadata"] == {"category": "Mine", "content_type": "guideline", "floor": 3}
    assert body["visual_properties"] == {"color": "#123456"}
    assert body["search_keywords"] == ["smtp", "post", "quokka"]
    assert body["ai_agent_config"] == agent
    hits = cast.viewer.client.get(f"{NODES}search/?q=quokka&mode=text").json()
    assert [hit["entity_id"] for hit in hits["results"]] == [str(sop.pk)]


def test_sending_back_what_was_read_changes_nothing(cast: Cast) -> None:
    sop = make_sop(cast.editor, category="IT", tags=["mail"], node_position={"x": 1.234, "y": 2})
    client = cast.editor.client
    client.patch(at(sop), {"metadata": {"floor": 3}, "ai_agent_config": {"name": "x"}})
    read = client.get(at(sop)).json()

    response = client.patch(at(sop), read)

    assert (response.status_code, response.json()) == (200, read)
    assert reread(cast.editor, sop).node_position == {"x": 1.234, "y": 2}
    # Only what was changed belongs to the node: the rest goes on following the SOP.
    assert node_of(cast.editor, sop).given_metadata == {"floor": 3}


def test_objects_are_replaced_whole_and_the_entitys_own_members_come_back(cast: Cast) -> None:
    sop = make_sop(cast.editor, category="IT")
    client = cast.editor.client
    client.patch(at(sop), {"metadata": {"category": "Mine", "a": 1}, "ai_agent_config": {"a": 1}})

    body = client.patch(at(sop), {"metadata": {}, "ai_agent_config": None}).json()

    assert body["metadata"] == {"category": "IT", "content_type": "procedure"}
    assert body["ai_agent_config"] is None
    assert body["revision"] == 3


def test_a_change_is_told_and_audited_with_the_entity(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    cast.editor.client.patch(
        at(sop), {"visual_properties": {"color": "red"}, "ai_agent_config": {"name": "x"}}
    )

    [(event, node_id, data)] = told(cast.editor, sop)
    assert (event, node_id) == ("SopUpdated", None)
    changes = data["changes"]
    assert changes["visual_properties"] == {"old": {}, "new": {"color": "red"}}
    assert changes["ai_agent_config"]["old"] is None
    assert changes["ai_agent_config"]["new"].startswith("sha256:")
    with scope(cast.owner.actor):
        act = AuditLog.objects.of_entity(cast.owner.actor, sop.pk).order_by("-id")[0]
    assert (act.event_type, act.operation) == ("SopUpdated", "UPDATE")
    assert act.event_data is not None
    assert (act.event_data["action"], act.event_data["changes"]) == ("node_update", changes)
    assert act.changed_by_id == cast.editor.user.pk


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"colour": 1}, ("/colour", "unknown_field")),
        ({"name": ""}, ("/name", "blank")),
        ({"name": "x" * 256}, ("/name", "max_length")),
        ({"name": None}, ("/name", "null")),
        ({"position": {"x": 1}}, ("/position/y", "required")),
        ({"position": {"x": 10_001, "y": 0}}, ("/position/x", "max_value")),
        ({"metadata": []}, ("/metadata", "invalid")),
        ({"metadata": None}, ("/metadata", "null")),
        ({"visual_properties": {"x": "y" * 65_536}}, ("/visual_properties", "max_length")),
        ({"search_keywords": ["x" * 51]}, ("/search_keywords/0", "max_length")),
        ({"search_keywords": [str(n) for n in range(51)]}, ("/search_keywords", "max_length")),
        ({"search_keywords": ["İ" * 26]}, ("/search_keywords", "max_length")),
        ({"ai_agent_config": "x"}, ("/ai_agent_config", "invalid")),
        ({"data": {"colour": 1}}, ("/data/colour", "unknown_field")),
        ({"data": {"content": " "}}, ("/data/content", "blank")),
        ({"data": {"content_type": "song"}}, ("/data/content_type", "invalid_choice")),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(
    cast: Cast, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    sop = make_sop(cast.editor)
    before = node_of(cast.editor, sop)

    assert faults(cast.editor.client.patch(at(sop), body)) == {fault}

    assert (reread(cast.editor, sop).revision, told(cast.editor, sop)) == (1, [])
    assert node_of(cast.editor, sop).updated_at == before.updated_at


def test_the_features_own_fields_go_to_the_feature(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    response = cast.editor.client.patch(
        at(sop),
        {"data": {"tags": ["a", "a"], "category": "", "content": "# New", "complexity": "simple"}},
    )

    assert response.status_code == 200, response.content
    changed = reread(cast.editor, sop)
    assert (changed.tags, changed.category, changed.content) == (["a"], None, "# New")
    assert changed.complexity == "simple"


def test_a_stale_revision_is_refused(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    client = cast.editor.client
    stale = {"If-Match": '"7"'}

    body = refused(client.patch(at(sop), {"metadata": {}}, headers=stale), 412, "revision_conflict")
    assert body["current_revision"] == 1
    refused(cast.owner.client.delete(at(sop), headers=stale), 412, "revision_conflict")

    assert (
        client.patch(at(sop), {"metadata": {"a": 1}}, headers={"If-Match": '"1"'}).status_code
        == 200
    )


def test_a_node_inherits_the_permissions_of_its_entity(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    refused(cast.viewer.client.patch(at(sop), {"metadata": {}}), 403, "permission_denied")
    refused(cast.viewer.client.delete(at(sop)), 403, "permission_denied")
    assert reread(cast.editor, sop).revision == 1

    permissions = {"editors": [str(cast.viewer.user.pk)]}
    with scope(cast.owner.actor):
        update_sop(actor=cast.owner.actor, pk=sop.pk, values={"permissions": permissions})
    assert cast.viewer.client.patch(at(sop), {"metadata": {"a": 1}}).status_code == 200


def test_an_archived_entity_keeps_all_but_its_metadata(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.owner.actor):
        archive_sop(actor=cast.owner.actor, pk=sop.pk)
    client = cast.editor.client

    body = refused(client.patch(at(sop), {"visual_properties": {}}), 409, "invalid_transition")
    assert body["current"] == "archived"
    refused(client.patch(at(sop), {"name": ""}), 409, "invalid_transition")
    assert client.patch(at(sop), {"metadata": {"a": 1}}).json()["metadata"]["a"] == 1


def test_deleting_the_node_of_an_entity_deletes_the_entity_softly(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    response = cast.owner.client.delete(at(sop))

    assert (response.status_code, response.content) == (204, b"")
    assert reread(cast.owner, sop).deleted_at is not None
    assert [event for event, _, _ in told(cast.owner, sop)] == ["SopDeleted"]
    refused(cast.owner.client.get(at(sop)), 404, "not_found")


def test_what_others_rely_on_is_not_deleted(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    make_sop(cast.editor, title="Other", prerequisites=[sop.pk])

    refused(cast.owner.client.delete(at(sop)), 409, "in_use")

    assert reread(cast.owner, sop).deleted_at is None


def test_an_entity_is_created_through_the_door(cast: Cast) -> None:
    response = cast.editor.client.post(
        NODES,
        {
            "feature": "knowledge-base",
            "name": "Restart it",
            "position": {"x": 1, "y": 2},
            "visual_properties": {"color": "red"},
            "data": {"content": "# Restart", "tags": ["a"]},
        },
    )

    body = response.json()
    assert (response.status_code, body["name"], body["position"]) == (
        201,
        "Restart it",
        {"x": 1.0, "y": 2.0},
    )
    assert (body["visual_properties"], body["revision"]) == ({"color": "red"}, 2)
    with scope(cast.editor.actor):
        sop = Sop.objects.get(pk=body["entity_id"])
    assert (sop.content, sop.tags, sop.owner_id) == ("# Restart", ["a"], cast.editor.user.pk)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"feature": "garden"}, 400, "validation_error"),
        ({"feature": "event-storm", "name": "x"}, 404, "not_found"),
        ({"feature": "knowledge-base", "name": "x"}, 400, "validation_error"),
        ({"feature": "knowledge-base", "node_id": "x"}, 400, "validation_error"),
        ({"feature": "knowledge-base", "entity_id": str(uuid4())}, 404, "not_found"),
        ({"feature": "knowledge-base", "entity_id": "5"}, 400, "validation_error"),
    ],
)
def test_what_cannot_be_created_is_refused(
    cast: Cast, body: dict[str, Any], status: int, code: str
) -> None:
    refused(cast.editor.client.post(NODES, body), status, code)

    with system_scope():
        assert (NodeMetadata.objects.count(), NodeEvent.objects.count()) == (0, 0)


def test_viewers_create_nothing(cast: Cast) -> None:
    body = {"feature": "knowledge-base", "name": "x", "data": {"content": "y"}}

    refused(cast.viewer.client.post(NODES, body), 403, "permission_denied")
    refused(cast.viewer.client.post(NODES, {"feature": "knowledge-base"}), 403, "permission_denied")


def test_an_access_key_needs_the_scope_of_nodes(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(cast.editor, 'nodes:read')}")

    assert client.get(at(sop)).status_code == 200
    refused(client.patch(at(sop), {"metadata": {"x": 1}}), 403, "insufficient_scope")
    assert reread(cast.editor, sop).revision == 1


def test_a_creation_is_not_repeated_under_one_key(cast: Cast) -> None:
    body = {"feature": "knowledge-base", "name": "x", "data": {"content": "y"}}
    key = {"Idempotency-Key": "once"}

    first = cast.editor.client.post(NODES, body, headers=key)
    second = cast.editor.client.post(NODES, body, headers=key)

    assert (first.status_code, first.json()) == (201, second.json())
    with scope(cast.editor.actor):
        assert Sop.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_unknown_parameters_are_refused(cast: Cast, method: str) -> None:
    sop = make_sop(cast.owner)

    answer = getattr(cast.owner.client, method)(
        f"{at(sop)}?colour=red", {} if method != "get" else None
    )

    assert faults(answer) == {("?colour", "unknown_parameter")}
    assert reread(cast.owner, sop).deleted_at is None
