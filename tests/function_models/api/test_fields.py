"""Creating, reading and changing the fields of a model."""

from typing import Any

import pytest

from tests.factories import Cast, make_model
from tests.function_models.api.observing import MODELS, address, everything, publishable, reread
from tests.function_models.drawings import container
from tests.observing import UNKNOWN, answered, event_types, events, faults, refused

pytestmark = pytest.mark.django_db


def publish(cast: Cast, **values: Any) -> Any:
    model = make_model(cast.editor, publishable(), **values)
    answered(cast.editor.client.post(address(model, "publish/")))
    return reread(cast.editor, model)


def test_a_model_begins_as_an_empty_draft_of_its_creator(cast: Cast) -> None:
    body = {
        "name": "  Handle an incident ",
        "description": "",
        "process_type": "operations",
        "complexity_level": "moderate",
        "estimated_duration": 0,
        "tags": ["Mail", "mail", "on-call"],
        "metadata": {"a": {"b": 1}},
        "permissions": {"viewers": [str(cast.viewer.user.pk)] * 2},
    }

    response = cast.editor.client.post(MODELS, body)
    made = answered(response, 201)

    assert response["ETag"] == '"1"'
    assert made | {"id": "", "created_at": "", "updated_at": "", "last_saved_at": ""} == {
        "id": "",
        "name": "Handle an incident",
        "description": None,
        "process_type": "operations",
        "complexity_level": "moderate",
        "estimated_duration": 0,
        "tags": ["Mail", "on-call"],
        "metadata": {"a": {"b": 1}},
        "ai_agent_config": {},
        "permissions": {
            "owner": str(cast.editor.user.pk),
            "editors": [],
            "viewers": [str(cast.viewer.user.pk)],
            "publishers": [],
            "executors": [],
            "archivers": [],
        },
        "owner": str(cast.editor.user.pk),
        "version": "1.0.0",
        "current_version": "1.0.0",
        "published_version": None,
        "version_count": 1,
        "status": "draft",
        "nodes_data": [],
        "edges_data": [],
        "viewport_data": {"x": 0, "y": 0, "zoom": 1},
        "revision": 1,
        "created_at": "",
        "updated_at": "",
        "last_saved_at": "",
        "archived_at": None,
        "archived_by": None,
        "archive_reason": None,
        "deleted_at": None,
        "deleted_by": None,
        "deletion_reason": None,
        "retention_days": None,
        "review_at": None,
        "hard_delete_at": None,
    }
    assert events(cast.editor, made["id"]) == [
        ("FunctionModelCreated", {"name": "Handle an incident", "version": "1.0.0"})
    ]
    assert answered(cast.viewer.client.get(address(made["id"]))) == made


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", "ab", ("/name", "min_length")),
        ("name", "a" * 101, ("/name", "max_length")),
        ("name", " ", ("/name", "blank")),
        ("name", "Änderung", ("/name", "name_charset")),
        ("name", "a.b.c", ("/name", "name_charset")),
        ("name", 5, ("/name", "invalid")),
        ("name", None, ("/name", "null")),
        ("description", "a" * 5001, ("/description", "max_length")),
        ("process_type", "a" * 101, ("/process_type", "max_length")),
        ("complexity_level", "hard", ("/complexity_level", "invalid_choice")),
        ("estimated_duration", -1, ("/estimated_duration", "min_value")),
        ("estimated_duration", 2_147_483_648, ("/estimated_duration", "max_value")),
        ("estimated_duration", "5", ("/estimated_duration", "invalid")),
        ("tags", [f"t{i}" for i in range(21)], ("/tags", "max_length")),
        ("tags", ["a" * 51], ("/tags/0", "max_length")),
        ("tags", [" "], ("/tags/0", "blank")),
        ("metadata", [], ("/metadata", "invalid")),
        ("permissions", {"editors": [UNKNOWN]}, ("/permissions/editors/0", "not_a_member")),
        ("permissions", {"friends": []}, ("/permissions/friends", "unknown_field")),
        ("template_id", "", ("/template_id", "blank")),
        ("template_id", "x", ("/template_id", "invalid")),
        ("colour", "red", ("/colour", "unknown_field")),
    ],
)
def test_a_field_past_its_limit_is_refused(
    cast: Cast, field: str, value: Any, fault: tuple[str, str]
) -> None:
    before = everything()

    response = cast.editor.client.post(MODELS, {"name": "Handle it", field: value})

    refused(response, 400, "validation_error")
    assert faults(response) == {fault}
    assert everything() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "abc"),
        ("name", "a" * 100),
        ("name", "A-b_c 9"),
        ("description", "a" * 5000),
        ("process_type", "a" * 100),
        ("tags", [f"t{i}" for i in range(20)]),
        ("tags", ["a" * 50]),
        ("estimated_duration", 2_147_483_647),
    ],
)
def test_a_field_at_its_limit_is_taken(cast: Cast, field: str, value: Any) -> None:
    made = answered(cast.editor.client.post(MODELS, {"name": "Handle it", field: value}), 201)

    assert made[field] == value


def test_all_violations_are_told_together(cast: Cast) -> None:
    response = cast.editor.client.post(MODELS, {"name": "ä", "tags": [""], "x": 1})

    assert faults(response) == {
        ("/name", "min_length"),
        ("/name", "name_charset"),
        ("/tags/0", "blank"),
        ("/x", "unknown_field"),
    }


def test_a_name_is_taken_once_whatever_its_case(cast: Cast) -> None:
    make_model(cast.editor, name="Handle it")
    other = make_model(cast.editor, name="Something else")
    make_model(cast.stranger, name="Theirs")
    before = everything()

    refused(cast.admin.client.post(MODELS, {"name": "HANDLE IT"}), 409, "duplicate")
    refused(cast.admin.client.patch(address(other), {"name": "handle it"}), 409, "duplicate")
    assert everything() == before

    answered(cast.editor.client.post(MODELS, {"name": "Theirs"}), 201)
    answered(cast.editor.client.patch(address(other), {"name": "SOMETHING ELSE"}))


def test_a_template_gives_its_live_drawing_else_its_draft(cast: Cast) -> None:
    draft = make_model(cast.admin, {"nodes": [container("only")], "edges": []}, name="Draft")
    live = publish(cast, name="Live")
    client = cast.editor.client
    answered(client.post(address(live, "versions/"), {"bump": "minor"}), 201)
    answered(client.delete(address(live, "edges/work>out/")), 204)

    of_draft = answered(client.post(MODELS, {"name": "One", "template_id": str(draft.pk)}), 201)
    of_live = answered(client.post(MODELS, {"name": "Two", "template_id": str(live.pk)}), 201)

    assert [node["id"] for node in of_draft["nodes_data"]] == ["only"]
    assert [edge["id"] for edge in of_live["edges_data"]] == ["in>work", "work>out"]
    assert {node["data"]["status"] for node in of_live["nodes_data"]} == {"draft"}
    assert events(cast.editor, of_live["id"]) == [
        (
            "FunctionModelCreated",
            {"name": "Two", "version": "1.0.0", "template_id": str(live.pk)},
        )
    ]


@pytest.mark.parametrize("whose", ["unknown", "foreign", "deleted"])
def test_a_template_that_cannot_be_read_is_not_found(cast: Cast, whose: str) -> None:
    foreign = make_model(cast.stranger)
    deleted = make_model(cast.editor, name="Deleted")
    answered(cast.editor.client.delete(address(deleted)), 204)
    pk = {"unknown": UNKNOWN, "foreign": str(foreign.pk), "deleted": str(deleted.pk)}[whose]
    before = everything()

    response = cast.editor.client.post(MODELS, {"name": "From it", "template_id": pk})

    refused(response, 404, "not_found")
    assert everything() == before


def test_a_change_is_told_once_and_no_change_not_at_all(cast: Cast) -> None:
    model = make_model(cast.editor, tags=["a"])
    client = cast.editor.client

    changed = client.patch(address(model), {"tags": ["a", "b"], "description": "New"})
    same = client.patch(address(model), {"tags": ["a", "b"], "description": "New", "revision": 9})

    assert (answered(changed)["revision"], answered(same)["revision"]) == (2, 2)
    assert events(cast.editor, model)[1:] == [
        (
            "FunctionModelUpdated",
            {
                "changes": {
                    "tags": {"old": ["a"], "new": ["a", "b"]},
                    "description": {"old": None, "new": "New"},
                }
            },
        )
    ]


def test_ownership_passes_on_and_is_told_as_a_change_of_permissions(cast: Cast) -> None:
    model = make_model(cast.editor)
    viewer = str(cast.viewer.user.pk)

    body = {"permissions": {"owner": viewer, "editors": [str(cast.admin.user.pk)]}}
    changed = answered(cast.editor.client.patch(address(model), body))

    assert (changed["owner"], changed["permissions"]["owner"]) == (viewer, viewer)
    [_, (name, data)] = events(cast.editor, model)
    assert name == "FunctionModelPermissionsChanged"
    assert data["changes"]["permissions"]["new"] == changed["permissions"]


CLOSED = {
    "name": "Other",
    "description": "Other",
    "process_type": "other",
    "complexity_level": "simple",
    "estimated_duration": 9,
}
OPEN = {"metadata": {"x": 1}, "tags": ["x"], "ai_agent_config": {"x": 1}}


@pytest.mark.parametrize("status", ["published", "archived"])
@pytest.mark.parametrize("field", CLOSED)
def test_what_says_how_work_is_done_is_closed_outside_of_a_draft(
    cast: Cast, status: str, field: str
) -> None:
    model = publish(cast)
    if status == "archived":
        answered(cast.editor.client.post(address(model, "archive/")))
    before = everything()

    alone = cast.editor.client.patch(address(model), {field: CLOSED[field]})
    mixed = cast.editor.client.patch(address(model), {field: CLOSED[field], **OPEN})
    wrong = cast.editor.client.patch(address(model), {field: [], "tags": 5})

    for response in (alone, mixed, wrong):
        assert refused(response, 409, "invalid_transition")["current"] == status
    assert everything() == before


@pytest.mark.parametrize("status", ["published", "archived"])
def test_what_says_nothing_of_the_work_stays_open(cast: Cast, status: str) -> None:
    model = publish(cast)
    if status == "archived":
        answered(cast.editor.client.post(address(model, "archive/")))
    unchanged = {"name": model.name, "description": None}
    owner = {"permissions": {"owner": str(cast.admin.user.pk)}}

    changed = answered(cast.admin.client.patch(address(model), {**OPEN, **unchanged, **owner}))

    assert {name: changed[name] for name in OPEN} == OPEN
    assert event_types(cast.admin, model)[-2:] == [
        "FunctionModelPermissionsChanged",
        "FunctionModelUpdated",
    ]


def test_a_stale_revision_is_refused_before_state_and_values(cast: Cast) -> None:
    model = publish(cast)
    before = everything()

    response = cast.editor.client.patch(address(model), {"name": "ä"}, headers={"If-Match": '"1"'})

    assert refused(response, 412, "revision_conflict")["current_revision"] == 2
    assert everything() == before


def test_put_names_all_required_fields(cast: Cast) -> None:
    model = make_model(cast.editor)

    missing = cast.editor.client.put(address(model), {"tags": []})
    whole = cast.editor.client.put(address(model), {"name": "Another name"})

    assert faults(missing) == {("/name", "required")}
    assert answered(whole)["name"] == "Another name"


def test_a_model_that_is_known_is_not_sent_again(cast: Cast) -> None:
    model = make_model(cast.editor)

    response = cast.editor.client.get(address(model), headers={"If-None-Match": '"1"'})

    assert (response.status_code, response.content) == (304, b"")
