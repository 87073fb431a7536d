"""Many nodes at once: all of it, or nothing and a report."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import archive_sop
from node_links.models import NodeEvent, NodeLink, NodeMetadata
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import everything
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

BATCH = f"{NODES}batch/"


def item(sop: Sop | str, **values: Any) -> dict[str, Any]:
    pk = sop.pk if isinstance(sop, Sop) else sop
    return {"feature": FEATURE, "entity_id": str(pk), **values}


def new(name: str, **values: Any) -> dict[str, Any]:
    return {"feature": FEATURE, "name": name, "data": {"content": f"# {name}"}, **values}


def patch(person: Person, *nodes: Any) -> Any:
    return person.client.patch(BATCH, {"nodes": list(nodes)})


def test_nodes_are_created_in_their_order(cast: Cast) -> None:
    response = cast.editor.client.post(
        BATCH, {"nodes": [new("A", metadata={"x": 1}), new("B"), new("C")]}
    )

    body = response.json()
    assert (response.status_code, body["count"]) == (201, 3)
    assert [(one["index"], one["status"]) for one in body["results"]] == [
        (0, 201),
        (1, 201),
        (2, 201),
    ]
    assert [one["node"]["name"] for one in body["results"]] == ["A", "B", "C"]
    assert body["results"][0]["node"]["metadata"]["x"] == 1
    with scope(cast.editor.actor):
        assert Sop.objects.count() == 3


def test_one_bad_creation_undoes_all(cast: Cast) -> None:
    before = everything()
    bad = {**new("B"), "data": {"content": "x", "tags": ["x" * 51]}}

    response = cast.editor.client.post(BATCH, {"nodes": [new("A"), bad, new("C")]})

    body = refused(response, 400, "validation_error")
    assert faults(response) == {("/nodes/1/data/tags/0", "max_length")}
    assert [one["status"] for one in body["results"]] == [424, 400, 424]
    assert body["detail"].startswith("Item 1: ")
    assert everything() == before


@pytest.mark.usefixtures("drawing")
def test_entities_and_nodes_inside_are_created_changed_and_deleted_together(cast: Cast) -> None:
    sop = make_sop(cast.owner)
    inner = item(sop, node_type="step")
    client = cast.owner.client

    made = client.post(
        BATCH,
        {
            "nodes": [
                new("A"),
                {**inner, "node_id": "a", "name": "a"},
                {**inner, "node_id": "b", "name": "b", "metadata": {"x": 1}},
            ]
        },
    )
    assert made.status_code == 201, made.content
    assert [one["node"]["node_id"] for one in made.json()["results"]] == [None, "a", "b"]

    changed = patch(
        cast.owner,
        item(sop, node_id="a", name="New", metadata={"y": 2}),
        item(sop, node_id="b", visual_properties={"color": "red"}),
        item(sop, metadata={"z": 3}),
    )
    assert changed.status_code == 200, changed.content
    nodes = [one["node"] for one in changed.json()["results"]]
    assert [(one["node_id"], one["name"]) for one in nodes] == [
        ("a", "New"),
        ("b", "b"),
        (None, sop.title),
    ]
    assert (nodes[0]["metadata"], nodes[1]["metadata"]) == ({"y": 2}, {"x": 1})
    assert nodes[1]["visual_properties"] == {"color": "red"}
    assert nodes[2]["metadata"]["z"] == 3
    # One revision of the entity is in all answers: that after the whole batch.
    assert {one["revision"] for one in nodes} == {reread(cast.owner, sop).revision}

    gone = client.delete(BATCH, {"nodes": [item(sop), item(sop, node_id="a")]})
    assert gone.status_code == 200, gone.content
    assert gone.json() == {
        "count": 2,
        "results": [{"index": 0, "status": 204}, {"index": 1, "status": 204}],
    }
    assert reread(cast.owner, sop).deleted_at is not None
    with scope(cast.owner.actor):
        assert not NodeMetadata.objects.filter(node_id="a").exists()


def test_several_nodes_of_one_entity_raise_its_revision_once(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    draw_row(cast.editor, sop, "a")
    draw_row(cast.editor, sop, "b")

    body = patch(
        cast.editor,
        item(sop, node_id="a", metadata={"x": 1}),
        item(sop, node_id="b", metadata={"x": 2}),
        item(sop, metadata={}),
    ).json()

    assert [one["node"]["revision"] for one in body["results"]] == [2, 2, 2]
    assert reread(cast.editor, sop).revision == 2
    assert [(kind, node) for kind, node, _ in told(cast.editor, sop)] == [
        ("SopUpdated", "a"),
        ("SopUpdated", "b"),
    ]


def test_every_refusal_is_told_and_nothing_is_done(cast: Cast) -> None:
    good, archived = make_sop(cast.editor), make_sop(cast.editor)
    foreign = make_sop(cast.stranger)
    with scope(cast.owner.actor):
        archive_sop(actor=cast.owner.actor, pk=archived.pk)
    before = everything()

    response = patch(
        cast.editor,
        item(good, metadata={"x": 1}),
        item(foreign, metadata={"x": 1}),
        item(archived, visual_properties={"x": 1}),
        item(good, node_id="none", metadata={"x": 1}),
        item(good, metadata={"x": 2}),
    )

    body = refused(response, 400, "validation_error")
    assert faults(response) == {
        ("/nodes/1", "not_found"),
        ("/nodes/2", "invalid_transition"),
        ("/nodes/3", "not_found"),
        ("/nodes/4", "repeated"),
    }
    assert [(one["status"], one["code"]) for one in body["results"]] == [
        (424, "not_done"),
        (404, "not_found"),
        (409, "invalid_transition"),
        (404, "not_found"),
        (400, "validation_error"),
    ]
    assert everything() == before


def test_items_refused_alike_keep_their_status(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    unknown, foreign = str(uuid4()), make_sop(cast.stranger)

    answer = patch(cast.editor, item(unknown), item(foreign), item(sop))

    refused(answer, 404, "not_found")
    assert faults(answer) == {("/nodes/0", "not_found"), ("/nodes/1", "not_found")}
    refused(patch(cast.viewer, item(sop, metadata={})), 403, "permission_denied")
    stale = refused(patch(cast.editor, item(sop, revision=7)), 412, "revision_conflict")
    assert stale["current_revision"] == 1
    assert patch(cast.editor, item(sop, revision=1, metadata={"x": 1})).status_code == 200


def test_a_refusal_of_the_feature_undoes_all(cast: Cast) -> None:
    first, second = make_sop(cast.editor), make_sop(cast.editor)
    draw_row(cast.editor, second, "a")
    before = everything()

    answer = patch(cast.editor, item(first, name="New"), item(second, node_id="a", name="New"))

    refused(answer, 409, "not_offered")
    assert faults(answer) == {("/nodes/1", "not_offered")}
    assert everything() == before


def test_a_batch_of_a_thousand_with_one_bad_item_changes_nothing(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.editor.actor):
        NodeMetadata.objects.bulk_create(
            NodeMetadata(
                organization=cast.organization,
                feature_type=FEATURE,
                entity_id=sop.pk,
                node_id=f"n{number}",
                node_type="step",
            )
            for number in range(999)
        )
    items = [item(sop, node_id=f"n{number}", metadata={"x": number}) for number in range(999)]
    bad = item(sop, node_id="missing", metadata={"x": 1})
    before = everything()

    client = cast.editor.client
    with CaptureQueriesContext(connection) as spent:
        answer = client.patch(BATCH, {"nodes": [*items[:500], bad, *items[500:]]})
    body = refused(answer, 404, "not_found")
    assert faults(answer) == {("/nodes/500", "not_found")}
    assert [one["index"] for one in body["results"] if one["status"] != 424] == [500]
    assert len(body["results"]) == 1000
    assert everything() == before
    # A savepoint, the way back to it and its release, the organisation, entities, nodes.
    assert len(spent) == 6

    malformed = patch(cast.editor, *items[:3], {**bad, "metadata": 5}, *items[3:])
    assert faults(malformed) == {("/nodes/3/metadata", "invalid")}

    with CaptureQueriesContext(connection) as spent:
        done = client.patch(BATCH, {"nodes": [*items, item(sop, metadata={"x": 1})]})
    assert (done.status_code, done.json()["count"]) == (200, 1000)
    assert len(spent) == 14
    assert reread(cast.editor, sop).revision == 2
    assert node_of(cast.editor, sop, "n7").metadata == {"x": 7}


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_what_is_no_batch_is_refused(cast: Cast, method: str) -> None:
    call = getattr(cast.editor.client, method)

    assert faults(call(BATCH, {})) == {("/nodes", "required")}
    assert faults(call(BATCH, {"nodes": []})) == {("/nodes", "min_length")}
    assert faults(call(BATCH, {"nodes": {}})) == {("/nodes", "invalid")}
    assert faults(call(BATCH, {"nodes": [5]})) == {("/nodes/0", "invalid")}
    assert ("/colour", "unknown_field") in faults(call(BATCH, {"nodes": [{}], "colour": 1}))
    refused(call(BATCH, {"nodes": [{}] * 1001}), 413, "too_large")


def test_deleting_is_all_or_nothing(cast: Cast) -> None:
    first, second = make_sop(cast.owner), make_sop(cast.owner)
    make_sop(cast.owner, title="User", prerequisites=[second.pk])
    link(cast.owner, node_of(cast.owner, first), node_of(cast.owner, second), "supports")
    before = everything()
    client = cast.owner.client

    answer = client.delete(BATCH, {"nodes": [item(first), item(second)]})

    body = refused(answer, 409, "in_use")
    assert [one["status"] for one in body["results"]] == [424, 409]
    assert body["users"][0]["kind"] == "prerequisite"
    assert everything() == before
    refused(cast.viewer.client.delete(BATCH, {"nodes": [item(first)]}), 403, "permission_denied")
    assert client.delete(BATCH, {"nodes": [item(first)]}).status_code == 200
    refused(client.get(at(first)), 404, "not_found")
    with scope(cast.owner.actor):
        assert NodeLink.objects.count() == 1  # it comes back with its end
        assert NodeEvent.objects.filter(event_type="SopDeleted").count() == 1


def test_viewers_and_strangers_create_nothing(cast: Cast) -> None:
    before = everything()
    refused(cast.viewer.client.post(BATCH, {"nodes": [new("A")]}), 403, "permission_denied")
    assert everything() == before
