"""Events from outside: custom types only, checked, and once each."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F

from accounts.tenancy import system_scope
from node_links.models import DedupKey
from tests.factories import Cast, make_sop
from tests.node_links.events.observing import BATCH, EVENTS, inspection, stored, traces
from tests.observing import faults, refused

pytestmark = pytest.mark.usefixtures("inspected")
FEATURE = "knowledge-base"


def test_an_event_without_an_entity_is_the_organisations_own(cast: Cast) -> None:
    body = inspection(data={"pump": "P-1", "pressure": None}, correlation_id="walk-7")

    response = cast.editor.client.post(EVENTS, body)

    assert response.status_code == 201, response.content
    event = response.json()
    assert event.pop("event_id") and event.pop("timestamp").endswith("Z")
    assert event == {
        "event_type": "PumpInspected",
        "schema_version": 1,
        "stored_version": 1,
        "feature_type": "organization",
        "entity_id": str(cast.organization.pk),
        "node_id": None,
        "sequence": 1,
        "data": {"pump": "P-1"},
        "user_id": str(cast.editor.user.pk),
        "organization_id": str(cast.organization.pk),
        "correlation_id": "walk-7",
        "causation_id": None,
        "execution_id": None,
    }


def test_an_event_of_an_entity_joins_its_sequence(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    cause = str(uuid4())

    response = cast.editor.client.post(
        EVENTS,
        inspection(feature_type=FEATURE, entity_id=str(sop.pk), causation_id=cause),
        HTTP_X_REQUEST_ID="r-1",
    )

    event = response.json()
    assert (event["feature_type"], event["entity_id"], event["sequence"]) == (
        FEATURE,
        str(sop.pk),
        2,
    )
    assert (event["correlation_id"], event["causation_id"]) == ("r-1", cause)


def test_naming_the_organisation_is_the_same_as_naming_nothing(cast: Cast) -> None:
    own = {"feature_type": "organization", "entity_id": str(cast.organization.pk)}
    cast.editor.client.post(EVENTS, inspection())

    assert cast.editor.client.post(EVENTS, inspection(**own)).json()["sequence"] == 2
    other = {**own, "entity_id": str(cast.stranger.organization.pk)}
    refused(cast.editor.client.post(EVENTS, inspection(**other)), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"event_type": "PumpExploded"}, {("/event_type", "unknown_event_type")}),
        ({"schema_version": 2}, {("/schema_version", "unknown_version")}),
        ({"schema_version": 0}, {("/schema_version", "min_value")}),
        ({"data": {}}, {("/data/pump", "required")}),
        ({"data": {"pump": None}}, {("/data/pump", "required")}),
        ({"data": []}, {("/data", "invalid")}),
        ({"data": {"pump": "17"}}, {("/data/pump", "pattern")}),
        (
            {"data": {"pump": 3, "pressure": -1, "by/whom": 4, "x": 1, "y": 2}},
            {
                ("/data/pump", "invalid"),
                ("/data/pressure", "min_value"),
                ("/data/by~1whom", "invalid"),
                ("/data/x", "unknown_field"),
                ("/data/y", "unknown_field"),
            },
        ),
        ({"feature_type": FEATURE}, {("/entity_id", "required")}),
        ({"entity_id": str(uuid4())}, {("/feature_type", "required")}),
        ({"node_id": "n1"}, {("/feature_type", "required")}),
        (
            {"feature_type": "moon", "entity_id": str(uuid4())},
            {("/feature_type", "invalid_choice")},
        ),
        (
            {"feature_type": "organization", "entity_id": str(uuid4()), "node_id": "n"},
            {("/node_id", "invalid")},
        ),
        ({"correlation_id": "a b"}, {("/correlation_id", "invalid")}),
        ({"event_id": "7"}, {("/event_id", "invalid")}),
        ({"sequence": 3}, {("/sequence", "unknown_field")}),
    ],
)
def test_what_does_not_fit_is_refused_with_pointers_and_leaves_nothing(
    cast: Cast, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    response = cast.editor.client.post(EVENTS, inspection(dedup_key="k", **change))

    refused(response, 400, "validation_error")
    assert faults(response) == expected
    assert traces() == [0, 0, 0]


def test_a_built_in_type_from_outside_is_refused(cast: Cast) -> None:
    response = cast.owner.client.post(EVENTS, inspection(event_type="SopPublished"))

    refused(response, 403, "permission_denied")
    assert faults(response) == {("/event_type", "permission_denied")}
    assert traces() == [0, 0, 0]


def test_viewers_publish_nothing(cast: Cast) -> None:
    refused(cast.viewer.client.post(EVENTS, inspection()), 403, "permission_denied")
    assert traces() == [0, 0, 0]


def test_a_type_of_another_organisation_is_unknown(cast: Cast) -> None:
    response = cast.stranger.client.post(EVENTS, inspection())

    assert faults(response) == {("/event_type", "unknown_event_type")}


def test_foreign_deleted_and_unknown_aggregates_are_answered_alike(cast: Cast) -> None:
    foreign = make_sop(cast.stranger)
    deleted = make_sop(cast.editor)
    living = make_sop(cast.editor)
    cast.admin.client.delete(f"/api/v1/sops/{deleted.pk}/")
    before = traces()

    bodies = []
    for pk, node in ((foreign.pk, None), (deleted.pk, None), (uuid4(), None), (living.pk, "n9")):
        body = inspection(feature_type=FEATURE, entity_id=str(pk), node_id=node)
        document = refused(cast.editor.client.post(EVENTS, body), 404, "not_found")
        bodies.append({**document, "request_id": ""})

    assert all(body == bodies[0] for body in bodies)
    assert traces() == before


def test_the_same_id_and_body_is_the_first_event_again(cast: Cast) -> None:
    body = inspection(event_id=str(uuid4()), data={"pump": "P-1", "pressure": 1.0})
    first = cast.editor.client.post(EVENTS, body)
    again = cast.admin.client.post(EVENTS, body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["event_id"] == body["event_id"]
    assert stored() == [("organization", "PumpInspected", 1)]


@pytest.mark.parametrize(
    "change",
    [{"data": {"pump": "P-2"}}, {"correlation_id": "other"}, {"causation_id": str(uuid4())}],
)
def test_the_same_id_with_another_body_is_refused(cast: Cast, change: dict[str, Any]) -> None:
    body = inspection(event_id=str(uuid4()))
    cast.editor.client.post(EVENTS, body)

    response = cast.editor.client.post(EVENTS, {**body, **change})

    refused(response, 409, "duplicate")
    assert faults(response) == {("/event_id", "duplicate")}
    assert stored() == [("organization", "PumpInspected", 1)]


def test_an_id_that_another_organisation_has_used_is_refused(cast: Cast) -> None:
    schema = {"name": "PumpInspected", "schema": {}}
    cast.stranger.client.post(f"{EVENTS}types/", schema)
    body = inspection(event_id=str(uuid4()))
    cast.stranger.client.post(EVENTS, body)

    refused(cast.editor.client.post(EVENTS, body), 409, "duplicate")


def test_a_dedup_key_is_one_event_for_a_minute(cast: Cast) -> None:
    body = inspection(dedup_key="round-1")
    first = cast.editor.client.post(EVENTS, body)
    again = cast.editor.client.post(EVENTS, {**body, "data": {"pump": "P-2"}})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()

    with system_scope():
        DedupKey.objects.update(published_at=F("published_at") - timedelta(seconds=61))
    later = cast.editor.client.post(EVENTS, body)

    assert later.status_code == 201
    assert later.json()["sequence"] == 2
    assert cast.editor.client.post(EVENTS, inspection(dedup_key="round-2")).status_code == 201


def test_keys_that_have_run_out_are_cleared_away_by_the_next_publication(cast: Cast) -> None:
    cast.editor.client.post(EVENTS, inspection(dedup_key="old"))
    with system_scope():
        DedupKey.objects.update(published_at=F("published_at") - timedelta(seconds=300))

    cast.editor.client.post(EVENTS, inspection(dedup_key="new"))

    with system_scope():
        assert list(DedupKey.objects.values_list("key", flat=True)) == ["key:new"]


def test_a_batch_is_published_in_its_order(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    of_sop = {"feature_type": FEATURE, "entity_id": str(sop.pk)}
    bodies = [
        inspection(data={"pump": "P-1"}),
        inspection(data={"pump": "P-2"}, **of_sop),
        inspection(data={"pump": "P-3"}),
    ]

    response = cast.editor.client.post(BATCH, {"events": bodies})

    assert response.status_code == 201, response.content
    found = [(one["data"]["pump"], one["sequence"]) for one in response.json()["events"]]
    assert found == [("P-1", 1), ("P-2", 2), ("P-3", 2)]


def test_a_batch_holds_each_event_once(cast: Cast) -> None:
    one, known = inspection(event_id=str(uuid4())), inspection(dedup_key="k")
    batch = {"events": [one, known, one, inspection(dedup_key="k")]}

    first = cast.editor.client.post(BATCH, batch)
    again = cast.editor.client.post(BATCH, batch)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    ids = [event["event_id"] for event in first.json()["events"]]
    assert (ids[0], ids[1]) == (ids[2], ids[3])
    assert len(stored()) == 2


def test_a_batch_with_one_fault_is_refused_as_a_whole(cast: Cast) -> None:
    wrong = [
        inspection(),
        inspection(data={"pump": "x"}),
        inspection(event_type="Unknown"),
        inspection(feature_type="moon", entity_id=str(uuid4())),
    ]

    response = cast.editor.client.post(BATCH, {"events": wrong})

    refused(response, 400, "validation_error")
    assert faults(response) == {
        ("/events/1/data/pump", "pattern"),
        ("/events/2/event_type", "unknown_event_type"),
        ("/events/3/feature_type", "invalid_choice"),
    }
    assert traces() == [0, 0, 0]


def test_a_batch_with_a_taken_id_is_rolled_back(cast: Cast) -> None:
    taken = inspection(event_id=str(uuid4()))
    cast.editor.client.post(EVENTS, taken)
    before = traces()

    response = cast.editor.client.post(
        BATCH, {"events": [inspection(), {**taken, "data": {"pump": "P-9"}}]}
    )

    refused(response, 409, "duplicate")
    assert faults(response) == {("/events/1/event_id", "duplicate")}
    assert traces() == before


@pytest.mark.parametrize(
    ("count", "status", "expected"),
    [(0, 400, {("/events", "min_length")}), (501, 400, {("/events", "max_length")})],
)
def test_a_batch_has_one_to_five_hundred_events(
    cast: Cast, count: int, status: int, expected: set[tuple[str, str]]
) -> None:
    response = cast.editor.client.post(BATCH, {"events": [inspection()] * count})

    assert (response.status_code, faults(response)) == (status, expected)


def test_five_hundred_events_go_into_one_batch(cast: Cast) -> None:
    response = cast.editor.client.post(BATCH, {"events": [inspection()] * 500})

    sequences = [event["sequence"] for event in response.json()["events"]]
    assert sequences == list(range(1, 501))


def test_a_malformed_event_in_a_batch_is_told_at_its_index(cast: Cast) -> None:
    response = cast.editor.client.post(BATCH, {"events": [inspection(), {"data": {}, "x": 1}]})

    assert faults(response) == {
        ("/events/1/event_type", "required"),
        ("/events/1/x", "unknown_field"),
    }
