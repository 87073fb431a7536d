"""Many operations at once: each for itself, told by its place."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.tenancy import scope
from node_links.links.drafts import Address
from node_links.models import NodeLink
from tests.factories import Cast, make_cast
from tests.node_links.links.conftest import (
    BULK,
    LINKS,
    SOP,
    body,
    codes,
    joined,
    link_events,
    many_nodes,
    node_at,
    sequences,
    state,
)

Ends = tuple[Address, Address]


def post(person: Any, operations: Any, **more: Any) -> Any:
    return person.client.post(BULK, {"operations": operations, **more}, format="json")


def create(source: Address, target: Address, link_type: str = "supports", **more: Any) -> Any:
    return {"action": "create", "link": body(source, target, link_type, **more)}


def test_each_operation_stands_for_itself(cast: Cast, ends: Ends) -> None:
    source, target = ends
    kept, gone = joined(cast.editor, *ends), joined(cast.editor, *ends, "documents")
    answer = post(
        cast.editor,
        [
            create(target, source),
            create(source, source),
            create(source, Address(SOP, uuid4())),
            create(source, target),
            {"action": "update", "id": str(kept.pk), "link": {"base_strength": 0.9}},
            {"action": "update", "id": str(kept.pk), "revision": 1, "link": {"base_strength": 0.1}},
            {"action": "update", "id": str(kept.pk), "link": {"base_strength": 3}},
            {"action": "delete", "id": str(gone.pk)},
            {"action": "delete", "id": str(gone.pk)},
            {"action": "delete", "id": "nonsense"},
            {"action": "merge"},
            "nonsense",
            {"action": "create", "link": {**body(source, target), "base_strength": "much"}},
            {"action": "create"},
        ],
    )

    assert answer.status_code == 200
    report = answer.json()
    assert (report["succeeded"], report["failed"]) == (3, 11)
    results = report["results"]
    assert [result["index"] for result in results] == list(range(14))
    assert [result["status"] for result in results] == [
        *(201, 400, 404, 409, 200, 412, 400, 204, 404, 404, 400, 400, 400, 400),
    ]
    told = [
        [(fault["pointer"], fault["code"]) for fault in result.get("problem", {}).get("errors", [])]
        for result in results
    ]
    assert told[1] == [("/operations/1/link/target_entity_id", "self_link")]
    assert told[2] == [("/operations/2/link/target_entity_id", "does_not_exist")]
    assert told[6] == [("/operations/6/link/base_strength", "max_value")]
    assert told[10] == [("/operations/10/action", "invalid_choice")]
    assert told[12] == [("/operations/12/link/base_strength", "invalid")]
    assert told[13] == [("/operations/13/link", "required")]
    assert results[3]["problem"]["code"] == "duplicate"
    assert results[5]["problem"]["current_revision"] == 2
    assert (results[0]["link"]["warnings"], results[0]["link"]["source"]["name"]) == (
        *([], "Stop the pump"),
    )
    assert results[4]["link"]["link_strength"] == 0.9
    assert "link" not in results[7]
    with scope(cast.editor.actor):
        assert NodeLink.objects.count() == 2
    assert [event_type for _, event_type, _ in link_events(cast.editor, source.entity_id)] == [
        *("NodeLinkCreated", "NodeLinkCreated", "NodeLinkUpdated", "NodeLinkRemoved"),
    ]
    for address in ends:
        counted = sequences(cast.editor, address.entity_id)
        assert counted == list(range(1, len(counted) + 1))


def test_operations_are_carried_out_in_their_order(cast: Cast, ends: Ends) -> None:
    link = joined(cast.editor, *ends)
    answer = post(
        cast.editor,
        [
            {"action": "delete", "id": str(link.pk)},
            create(*ends, base_strength=0.2),
            create(*ends, base_strength=0.9),
        ],
    )
    assert [result["status"] for result in answer.json()["results"]] == [204, 201, 409]
    with scope(cast.editor.actor):
        assert [float(one.base_strength) for one in NodeLink.objects.all()] == [0.2]


def test_a_change_before_a_removal_is_told_and_not_kept(cast: Cast, ends: Ends) -> None:
    link = joined(cast.editor, *ends)
    answer = post(
        cast.editor,
        [
            {"action": "update", "id": str(link.pk), "link": {"base_strength": 0.9}},
            {"action": "update", "id": str(link.pk), "link": {"base_strength": 0.9}},
            {"action": "delete", "id": str(link.pk), "revision": 2},
        ],
    )
    assert [result["status"] for result in answer.json()["results"]] == [200, 200, 204]
    with scope(cast.editor.actor):
        assert not NodeLink.objects.exists()
    told = [event_type for _, event_type, _ in link_events(cast.editor, ends[0].entity_id)]
    assert told == ["NodeLinkCreated", "NodeLinkUpdated", "NodeLinkRemoved"]


def test_viewers_and_derived_links_are_refused_one_by_one(cast: Cast, ends: Ends) -> None:
    link = joined(cast.editor, *ends)
    with scope(cast.editor.actor):
        NodeLink.objects.filter(pk=link.pk).update(origin="derived")
    before = state(cast.editor)
    operations = [{"action": "delete", "id": str(link.pk)}, create(ends[1], ends[0])]
    refused = [
        [result["problem"]["code"] for result in post(person, operations[:count]).json()["results"]]
        for person, count in ((cast.viewer, 2), (cast.editor, 1), (cast.stranger, 2))
    ]
    assert refused == [
        ["permission_denied", "permission_denied"],
        ["derived_link"],
        ["not_found", "not_found"],
    ]
    assert state(cast.editor) == before


@pytest.mark.parametrize(
    ("sent", "code"),
    [({}, "required"), ({"operations": []}, "empty"), ({"operations": {}}, "invalid"),
     ({"operations": [{"action": "delete", "id": "x"}] * 1001}, "max_length")],
)  # fmt: skip
def test_too_few_or_too_many_operations_are_refused(cast: Cast, sent: Any, code: str) -> None:
    answer = cast.editor.client.post(BULK, sent, format="json")
    assert answer.status_code == 400
    [(pointer, found)] = codes(answer)
    assert pointer == "/operations"
    assert found == code or (code == "empty" and found == "min_length")


def test_a_batch_of_a_thousand_takes_as_many_statements_as_one(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    first, *others = many_nodes(cast.editor, 1001)
    client = cast.editor.client
    with django_assert_max_num_queries(14):
        few = client.post(BULK, {"operations": [create(first, others[0])]}, format="json")
    assert few.json()["succeeded"] == 1
    with django_assert_max_num_queries(14):
        operations = [create(first, other, "references") for other in others]
        many = client.post(BULK, {"operations": operations}, format="json")
    assert many.json()["succeeded"] == 1000
    assert many.json()["results"][0]["link"]["warnings"] == ["many_connections"]
    ids = [result["link"]["id"] for result in many.json()["results"]]
    with django_assert_max_num_queries(16):
        changes = [{"action": "update", "id": pk, "link": {"base_strength": 0.1}} for pk in ids]
        answer = post(cast.editor, changes)
        assert answer.status_code == 200, answer.json()
        assert answer.json()["succeeded"] == 1000
    with django_assert_max_num_queries(16):
        removals = [{"action": "delete", "id": pk} for pk in ids]
        assert post(cast.editor, removals).json()["succeeded"] == 1000
    # Behind these nodes stand no spindles: a change finds each link broken, which is an event more.
    assert sequences(cast.editor, first.entity_id) == list(range(1, 4002))


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_being_worked_on_is_refused() -> None:
    cast = make_cast()
    source, target = many_nodes(cast.editor, 2)
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with scope(cast.editor.actor), connection.cursor() as cursor:
            key = f"links:{cast.organization.pk}:monday"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            held.set()
            go_on.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(20)
        refused = post(cast.editor, [create(source, target)], batch_id="monday")
        assert (refused.status_code, refused.json()["code"]) == (409, "batch_in_progress")
        elsewhere = post(cast.editor, [create(source, target)], batch_id="tuesday")
        assert elsewhere.json()["succeeded"] == 1
    finally:
        go_on.set()
        other.join()
    again = post(cast.editor, [create(target, source)], batch_id="monday")
    assert again.json()["succeeded"] == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clients_at_once_one_makes_the_link() -> None:
    cast = make_cast()
    source, target = node_at(cast.editor, "spindle"), node_at(cast.editor, "spindle")
    barrier = threading.Barrier(2)
    statuses: list[int] = []

    def make() -> None:
        client = cast.editor.client
        barrier.wait(20)
        answer = client.post(LINKS, body(source, target, "triggers"), format="json")
        statuses.append(answer.status_code)
        connection.close()

    pair = [threading.Thread(target=make) for _ in range(2)]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()
    assert sorted(statuses) == [201, 409]
    assert sequences(cast.editor, source.entity_id) == [1]
