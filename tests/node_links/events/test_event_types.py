"""The catalogue, and types of an organisation's own."""

from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from accounts.tenancy import scope, system_scope
from node_links.models import CustomEventType
from tests.factories import Cast
from tests.node_links.events.conftest import INSPECTED
from tests.node_links.events.observing import EVENTS, TYPES, inspection
from tests.observing import faults, refused


def catalogue(cast: Cast) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the whole catalogue by name and version."""
    rows = cast.viewer.client.get(f"{TYPES}?page_size=100").json()["results"]
    return {(row["name"], row["version"]): row for row in rows}


def test_the_catalogue_holds_the_platforms_types_with_their_schemas(cast: Cast) -> None:
    found = catalogue(cast)[("SopDraftOpened", 1)]

    schema = found.pop("schema")
    assert found == {
        "name": "SopDraftOpened",
        "version": 1,
        "is_newest": True,
        "custom": False,
        "created_by": None,
        "created_at": None,
    }
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["previous_version", "version", "bump"]
    assert schema["properties"]["notes"] == {"title": "Notes", "type": "string"}


def test_a_changed_schema_is_the_next_version_and_the_same_one_is_not(cast: Cast) -> None:
    wider = {**INSPECTED, "required": []}
    first = cast.admin.client.post(TYPES, {"name": "PumpInspected", "schema": INSPECTED})
    again = cast.admin.client.post(TYPES, {"name": "PumpInspected", "schema": INSPECTED})
    second = cast.owner.client.post(TYPES, {"name": "PumpInspected", "schema": wider})

    assert [first.status_code, again.status_code, second.status_code] == [201, 200, 201]
    assert first.json() == again.json()
    assert (first.json()["version"], second.json()["version"]) == (1, 2)
    assert first.json()["created_by"] == str(cast.admin.user.pk)
    rows = [row for row in catalogue(cast).values() if row["custom"]]
    assert [(row["version"], row["is_newest"]) for row in rows] == [(1, False), (2, True)]
    assert rows[0]["schema"] == INSPECTED


@pytest.mark.usefixtures("inspected")
def test_an_event_is_checked_against_the_version_that_it_names(cast: Cast) -> None:
    cast.admin.client.post(TYPES, {"name": "PumpInspected", "schema": {}})
    empty = inspection(data={})

    old = cast.editor.client.post(EVENTS, {**empty, "schema_version": 1})
    new = cast.editor.client.post(EVENTS, empty)

    assert faults(old) == {("/data/pump", "required")}
    assert (new.status_code, new.json()["schema_version"]) == (201, 2)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "pumpInspected", "schema": {}}, {("/name", "invalid")}),
        ({"name": "Pump-Inspected", "schema": {}}, {("/name", "invalid")}),
        ({"name": "Pumpé", "schema": {}}, {("/name", "invalid")}),
        ({"name": "P" * 101, "schema": {}}, {("/name", "max_length")}),
        ({"name": "Pump"}, {("/schema", "required")}),
        ({"name": "Pump", "schema": True}, {("/schema", "invalid")}),
        ({"name": "Pump", "schema": {"type": "objekt"}}, {("/schema/type", "invalid_schema")}),
        (
            {"name": "Pump", "schema": {"properties": {"a": {"pattern": "("}}}},
            {("/schema/properties/a/pattern", "invalid_schema")},
        ),
        ({"name": "Pump", "schema": {"$ref": "#/nowhere"}}, {("/schema", "invalid_schema")}),
        (
            {"name": "Pump", "schema": {"$ref": "http://127.0.0.1/x"}},
            {("/schema", "invalid_schema")},
        ),
        (
            {"name": "Pump", "schema": {"$ref": "file:///etc/passwd"}},
            {("/schema", "invalid_schema")},
        ),
        (
            {"name": "Pump", "schema": {"$schema": "http://json-schema.org/draft-07/schema#"}},
            {("/schema/$schema", "invalid_schema")},
        ),
        ({"name": "Pump", "schema": {"$schema": 7}}, {("/schema/$schema", "invalid_schema")}),
        (
            {"name": "Pump", "schema": {"title": "x" * 65_536}},
            {("/schema", "max_length")},
        ),
    ],
)
def test_what_is_no_type_is_refused(
    cast: Cast, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    response = cast.admin.client.post(TYPES, body)

    refused(response, 400, "validation_error")
    assert faults(response) == expected
    with system_scope():
        assert CustomEventType.objects.count() == 0


def test_a_name_of_the_platform_is_taken(cast: Cast) -> None:
    response = cast.admin.client.post(TYPES, {"name": "SopCreated", "schema": {}})

    refused(response, 409, "duplicate")


def test_editors_register_nothing(cast: Cast) -> None:
    response = cast.editor.client.post(TYPES, {"name": "Pump", "schema": {}})

    refused(response, 403, "permission_denied")


@pytest.mark.usefixtures("inspected")
def test_types_of_others_are_not_shown(cast: Cast) -> None:
    assert ("PumpInspected", 1) in catalogue(cast)
    rows = cast.stranger.client.get(f"{TYPES}?page_size=100").json()["results"]
    assert [row["name"] for row in rows if row["custom"]] == []


@pytest.mark.usefixtures("inspected")
def test_a_registered_version_is_never_changed(cast: Cast) -> None:
    with (
        scope(cast.admin.actor),
        pytest.raises(ProgrammingError, match="Cannot update"),
        transaction.atomic(),
    ):
        CustomEventType.objects.update(schema={})
    with scope(cast.admin.actor):
        assert CustomEventType.objects.get().schema == INSPECTED


def test_a_costly_pattern_costs_nothing(cast: Cast) -> None:
    schema = {"properties": {"pump": {"pattern": "^(a+)+$"}}}
    cast.admin.client.post(TYPES, {"name": "PumpInspected", "schema": schema})

    response = cast.editor.client.post(EVENTS, inspection(data={"pump": "a" * 5000 + "!"}))

    assert faults(response) == {("/data/pump", "pattern")}
