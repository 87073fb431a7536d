"""What happened: by aggregate, by type, by time, and as CloudEvents."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from accounts.tenancy import scope
from config.request_context import caused_by, inside_execution, request_context
from knowledge_base.models import Sop
from node_links.events.recording import record_event
from tests.factories import Cast, make_sop
from tests.node_links.events.observing import EVENTS, results
from tests.observing import faults, refused

FEATURE = "knowledge-base"


def of(sop: Sop) -> str:
    """Return the query for an SOP's own history."""
    return f"?feature_type={FEATURE}&entity_id={sop.pk}"


def test_one_aggregates_history_runs_forward_page_by_page(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    for number in range(4):
        cast.editor.client.patch(f"/api/v1/sops/{sop.pk}/", {"tags": [f"t{number}"]})
    make_sop(cast.editor, title="Another")

    response = cast.viewer.client.get(f"{EVENTS}{of(sop)}&page_size=2")
    seen = []
    while True:
        body = response.json()
        seen += [(event["sequence"], event["event_type"]) for event in body["results"]]
        if body["next"] is None:
            break
        response = cast.viewer.client.get(body["next"])

    assert set(body) == {"next", "previous", "results"}
    assert seen == [(1, "SopCreated"), *((number, "SopUpdated") for number in range(2, 6))]


def test_the_whole_history_runs_backward_and_pages_do_not_shift(cast: Cast) -> None:
    sops = [make_sop(cast.editor, title=f"SOP {number}") for number in range(4)]

    first = cast.viewer.client.get(f"{EVENTS}?page_size=2").json()
    make_sop(cast.editor, title="Meanwhile")
    second = cast.viewer.client.get(first["next"]).json()

    seen = [event["entity_id"] for event in (*first["results"], *second["results"])]
    assert seen == [str(sop.pk) for sop in reversed(sops)]


def test_filters_narrow_the_history(cast: Cast) -> None:
    first = make_sop(cast.editor, title="First")
    cast.editor.client.post(f"/api/v1/sops/{first.pk}/publish/", HTTP_X_REQUEST_ID="r-7")
    execution = uuid4()
    with inside_execution(execution):
        second = make_sop(cast.editor, title="Second")

    def types(query: str) -> list[str]:
        return [event["event_type"] for event in results(cast.viewer, query)]

    assert types("?types=SopCreated") == ["SopCreated", "SopCreated"]
    assert types("?types=SopPublished,SopVersionCreated") == ["SopVersionCreated", "SopPublished"]
    assert types("?types=Nothing") == []
    assert types("?correlation_id=r-7") == ["SopVersionCreated", "SopPublished"]
    assert types(f"?execution_id={execution}") == ["SopCreated"]
    assert types(f"?entity_id={second.pk}") == ["SopCreated"]
    assert types("?feature_type=spindle") == []
    assert types(f"{of(first)}&types=SopPublished") == ["SopPublished"]
    assert types("?node_id=n1") == []


def test_a_window_of_time_has_its_beginning_and_not_its_end(cast: Cast) -> None:
    for number in range(3):
        make_sop(cast.editor, title=f"SOP {number}")
    newest, middle, oldest = (event["timestamp"] for event in results(cast.viewer))

    found = results(cast.viewer, f"?from={oldest}&to={newest}")

    assert [event["timestamp"] for event in found] == [middle, oldest]
    moment = parse_datetime(newest)
    assert moment is not None
    later = (moment + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert results(cast.viewer, f"?from={later}") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?from=yesterday", {("?from", "invalid")}),
        ("?entity_id=7", {("?entity_id", "invalid")}),
        ("?execution_id=x", {("?execution_id", "invalid")}),
        ("?event_type=x", {("?event_type", "unknown_parameter")}),
        ("?cursor=x", {("?cursor", "invalid")}),
        ("?page_size=0", {("?page_size", "invalid")}),
    ],
)
def test_wrong_parameters_are_refused(
    cast: Cast, query: str, expected: set[tuple[str, str]]
) -> None:
    response = cast.viewer.client.get(f"{EVENTS}{query}")

    refused(response, 400, "validation_error")
    assert faults(response) == expected


def test_the_history_of_something_deleted_is_for_administrators(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    (event,) = results(cast.viewer, of(sop))
    address = f"{EVENTS}{event['event_id']}/"
    assert cast.viewer.client.get(address).json() == event

    cast.admin.client.delete(f"/api/v1/sops/{sop.pk}/")

    assert results(cast.editor, of(sop)) == []
    refused(cast.editor.client.get(address), 404, "not_found")
    assert [found["event_type"] for found in results(cast.admin, of(sop))] == [
        "SopCreated",
        "SopDeleted",
    ]
    assert cast.admin.client.get(address).status_code == 200


def test_another_organisation_sees_nothing(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    (event,) = results(cast.owner, of(sop))

    assert results(cast.stranger) == []
    for unknown in (event["event_id"], str(uuid4()), "x"):
        refused(cast.stranger.client.get(f"{EVENTS}{unknown}/"), 404, "not_found")


def test_an_event_is_neither_changed_nor_deleted_over_rest(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    (event,) = results(cast.owner, of(sop))
    address = f"{EVENTS}{event['event_id']}/"

    for method in ("put", "patch", "delete"):
        refused(getattr(cast.owner.client, method)(address, {}), 405, "method_not_allowed")


def recorded(cast: Cast, sop: Sop, cause: UUID, **more: Any) -> UUID:
    with scope(cast.editor.actor), request_context("r-9"), caused_by(cause):
        return record_event(
            actor=cast.editor.actor,
            entity=sop,
            event_type="SopRestored",
            data={"name": "é", "status": "draft", "version": "1.0.0"},
            **more,
        )


def test_an_event_can_be_had_as_a_cloudevent(cast: Cast) -> None:
    sop, cause = make_sop(cast.editor), uuid4()
    event_id = recorded(cast, sop, cause, node_id="n1")
    plain = cast.viewer.client.get(f"{EVENTS}{event_id}/")

    response = cast.viewer.client.get(
        f"{EVENTS}{event_id}/", HTTP_ACCEPT="application/cloudevents+json"
    )

    assert response["Content-Type"] == "application/cloudevents+json"
    assert plain["Content-Type"] == "application/json"
    assert response.json() == {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"urn:nodeloom:organization:{cast.organization.pk}",
        "type": "SopRestored",
        "time": plain.json()["timestamp"],
        "subject": f"{FEATURE}/{sop.pk}/n1",
        "datacontenttype": "application/json",
        "dataschema": "urn:nodeloom:event-type:SopRestored:1",
        "sequence": "0000000000000000002",
        "organizationid": str(cast.organization.pk),
        "correlationid": "r-9",
        "causationid": str(cause),
        "data": {"name": "é", "status": "draft", "version": "1.0.0"},
    }


def test_a_form_that_an_event_does_not_have_is_refused(cast: Cast) -> None:
    event_id = recorded(cast, make_sop(cast.editor), uuid4())

    response = cast.viewer.client.get(f"{EVENTS}{event_id}/", HTTP_ACCEPT="text/csv")

    refused(response, 406, "not_acceptable")


@pytest.mark.parametrize("count", [2, 20])
def test_a_list_costs_the_same_for_two_events_and_for_twenty(cast: Cast, count: int) -> None:
    for number in range(count):
        make_sop(cast.editor, title=f"SOP {number}")
    client = cast.viewer.client

    with CaptureQueriesContext(connection) as captured:
        assert len(client.get(f"{EVENTS}?page_size=100").json()["results"]) == count

    assert len(captured) == 4


def test_an_access_key_needs_the_scope(cast: Cast) -> None:
    client, key = cast.owner.client, "/api/v1/access-keys/"
    body = {"name": "k", "scopes": ["sops:read"]}
    secret = client.post(key, body).json()["key"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    refused(client.get(EVENTS), 403, "insufficient_scope")
    refused(client.get(f"{EVENTS}types/"), 403, "insufficient_scope")
