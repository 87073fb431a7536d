"""Creating and changing spindles: fields, what is filled in, what is refused."""

from typing import Any

import pytest

from accounts.tenancy import scope
from node_links.models import NodeMetadata
from tests.factories import Cast, make_spindle
from tests.observing import UNKNOWN, answered, event_types, events, refused
from tests.spindles.api.observing import SPINDLES, address, everything, faults, reread
from tests.spindles.definitions.writing import step

pytestmark = pytest.mark.django_db


def test_a_new_spindle_is_a_draft_with_defaults(cast: Cast) -> None:
    response = cast.editor.client.post(SPINDLES, {"name": "  Öffne das Ventil! "})
    made = answered(response, 201)

    owner = str(cast.editor.user.pk)
    assert response["ETag"] == '"1"'
    assert {
        name: made[name] for name in made if name not in ("id", "created_at", "updated_at")
    } == {
        "slug": "offne-das-ventil",
        "name": "Öffne das Ventil!",
        "description": None,
        "spindle_type": None,
        "complexity_level": None,
        "inputs": [],
        "outputs": None,
        "triggers": [],
        "max_concurrency": None,
        "timeout": None,
        "tags": [],
        "metadata": {},
        "permissions": {
            "owner": owner,
            "editors": [],
            "viewers": [],
            "publishers": [],
            "executors": [],
            "archivers": [],
        },
        "owner": owner,
        "version": "1.0.0",
        "current_version": "1.0.0",
        "published_version": None,
        "version_count": 1,
        "status": "draft",
        "live_status": None,
        "nodes_data": [],
        "edges_data": [],
        "viewport_data": {"x": 0, "y": 0, "zoom": 1},
        "revision": 1,
        "deprecation_reason": None,
        "replaced_by": None,
        "archived_at": None,
        "archive_reason": None,
        "deleted_at": None,
        "deleted_by": None,
        "deletion_reason": None,
        "problems": [
            {
                "code": "no_steps",
                "step_id": None,
                "pointer": "/steps",
                "message": "There is nothing to run.",
            }
        ],
    }
    assert events(cast.editor, made["id"]) == [
        (
            "WorkflowCreated",
            {
                "workflow_id": made["id"],
                "slug": "offne-das-ventil",
                "version": "1.0.0",
                "name": "Öffne das Ventil!",
                "created_by": owner,
            },
        )
    ]


def test_everything_may_be_said_at_once(cast: Cast) -> None:
    when = {"id": "t", "kind": "schedule", "cron": "0 3 * * *"}
    trigger = {**when, "inputs": {"host": "mail-1"}}
    body = {
        "name": "Nightly",
        "slug": "nightly_Job-1",
        "version": "02.3.4",
        "inputs": [{"name": "host", "type": "string"}],
        "outputs": [{"name": "all", "value": "${{ steps.b.output }}"}],
        "triggers": [trigger],
        "steps": [step("a"), step("b", "a")],
        "max_concurrency": 1,
        "timeout": 2_592_000,
        "tags": ["night", "night"],
        "metadata": {"team": "ops"},
    }
    made = answered(cast.editor.client.post(SPINDLES, body), 201)

    assert (made["slug"], made["version"], made["problems"]) == ("nightly_Job-1", "2.3.4", [])
    assert made["inputs"] == [
        {
            "name": "host",
            "type": "string",
            "required": True,
            "default": None,
            "values": None,
            "description": None,
        }
    ]
    assert made["triggers"] == [trigger]
    assert [node["id"] for node in made["nodes_data"]] == ["t", "a", "b"]
    assert made["tags"] == ["night"]
    with scope(cast.editor.actor):
        nodes = NodeMetadata.objects.filter(entity_id=made["id"]).exclude(node_id=None)
        assert set(nodes.values_list("node_id", "node_type")) == {
            ("t", "triggerNode"),
            ("a", "actionNode"),
            ("b", "actionNode"),
        }


def test_a_spindle_reads_as_it_was_made_and_may_be_sent_back(cast: Cast) -> None:
    client = cast.editor.client
    made = answered(client.post(SPINDLES, {"name": "A", "steps": [step("a")]}), 201)
    read = answered(client.get(address(made["id"])))

    assert {**read, "problems": []} == made
    again = answered(client.put(address(made["id"]), read, headers={"If-Match": '"1"'}))
    assert again == made
    assert event_types(cast.editor, made["id"]) == ["WorkflowCreated"]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"name": " "}, "/name", "blank"),
        ({"name": "x" * 256}, "/name", "max_length"),
        ({"slug": "-a"}, "/slug", "invalid"),
        ({"slug": "a b"}, "/slug", "invalid"),
        ({"slug": "x" * 256}, "/slug", "max_length"),
        ({"version": "1.0"}, "/version", "invalid_version"),
        ({"version": "v1.0.0"}, "/version", "invalid_version"),
        ({"version": "1.0.0-rc1"}, "/version", "invalid_version"),
        ({"max_concurrency": 0}, "/max_concurrency", "min_value"),
        ({"timeout": 0}, "/timeout", "min_value"),
        ({"timeout": 2_592_001}, "/timeout", "max_value"),
        ({"speed": 1}, "/speed", "unknown_field"),
        ({"inputs": [{"name": "a", "type": "date"}]}, "/inputs/0/type", "invalid_choice"),
        ({"inputs": [{"name": "1", "type": "string"}]}, "/inputs/0/name", "invalid"),
        ({"inputs": [{"name": "a", "type": "enum"}]}, "/inputs/0", "required"),
        ({"inputs": [{"name": "a", "type": "integer", "default": "1"}]}, "/inputs/0", "invalid"),
        ({"inputs": [{"name": "a", "type": "json"}] * 2}, "/inputs/1/name", "duplicate"),
        ({"outputs": [{"value": 1}]}, "/outputs/0/name", "required"),
        ({"triggers": [{"kind": "magic"}]}, "/triggers/0/kind", "invalid_choice"),
        ({"triggers": [{"id": "x", "kind": "event"}] * 2}, "/triggers/1/id", "duplicate"),
        ({"steps": [{"id": "a"}]}, "/steps/0/kind", "required"),
        ({"canvas": {"nodes": [{}]}}, "/canvas/nodes/0/type", "required"),
        ({"canvas": []}, "/canvas", "invalid"),
        ({"steps": None}, "/steps", "null"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    cast: Cast, fields: dict[str, Any], pointer: str, code: str
) -> None:
    before = everything()

    response = cast.editor.client.post(SPINDLES, {"name": "A", **fields})

    refused(response, 400, "validation_error")
    assert faults(response) == [(pointer, code)]
    assert everything() == before


def test_violations_of_all_members_are_told_together(cast: Cast) -> None:
    body = {
        "name": "",
        "timeout": -1,
        "inputs": [{"name": "a"}],
        "steps": [step("a", "a", priority=0), step("b", "ghost", params={"x/y": 1}), step("c")],
    }

    assert faults(cast.editor.client.post(SPINDLES, body)) == [
        ("/inputs/0/type", "required"),
        ("/name", "blank"),
        ("/steps/0/priority", "min_value"),
        ("/steps/1/params/x~1y", "unknown_field"),
        ("/timeout", "min_value"),
    ]


def test_a_trigger_has_an_id_that_no_step_has(cast: Cast) -> None:
    body = {"name": "A", "steps": [step("a")], "triggers": [{"id": "a", "kind": "manual"}]}

    assert faults(cast.editor.client.post(SPINDLES, body)) == [("/triggers/0/id", "duplicate")]


def test_a_slug_is_taken_once_among_the_living(cast: Cast) -> None:
    client = cast.editor.client
    first = answered(client.post(SPINDLES, {"name": "Report"}), 201)
    before = everything()
    for body in ({"name": "report"}, {"name": "B", "slug": "report", "version": "2.0.0"}):
        refused(client.post(SPINDLES, body), 409, "duplicate")
    assert everything() == before
    answered(cast.stranger.client.post(SPINDLES, {"name": "Report"}), 201)
    answered(cast.owner.client.delete(address(first["id"])), 204)

    answered(client.post(SPINDLES, {"name": "Report"}), 201)


def test_a_slug_never_changes(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor), cast.editor.client
    response = client.patch(address(spindle), {"slug": "other"})

    assert faults(response) == [("/slug", "immutable")]
    answered(client.patch(address(spindle), {"slug": spindle.slug, "name": "Other"}))
    assert reread(cast.editor, spindle).slug == spindle.slug


def test_who_may_not_create_does_not(cast: Cast) -> None:
    refused(cast.viewer.client.post(SPINDLES, {"name": "A"}), 403, "permission_denied")
    answered(cast.admin.client.post(SPINDLES, {"name": "A"}), 201)


def test_a_change_tells_what_it_changed(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")])
    response = cast.editor.client.patch(
        address(spindle), {"timeout": 60, "name": spindle.name}, headers={"If-Match": '"1"'}
    )
    changed = answered(response)

    assert (changed["timeout"], changed["revision"], response["ETag"]) == (60, 2, '"2"')
    assert events(cast.editor, spindle)[1:] == [
        ("WorkflowUpdated", {"changes": {"timeout": {"old": None, "new": 60}}})
    ]


def test_a_change_is_an_object(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)
    before = everything()

    refused(cast.editor.client.patch(address(spindle), ["name"]), 400, "validation_error")
    assert everything() == before


def test_a_change_of_another_state_is_refused(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)
    before = everything()
    response = cast.editor.client.patch(
        address(spindle), {"timeout": 60}, headers={"If-Match": '"7"'}
    )

    refused(response, 412, "revision_conflict")
    assert everything() == before


def test_what_changes_nothing_leaves_no_trace(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")], tags=["x"])
    before = everything()

    answered(cast.editor.client.patch(address(spindle), {"tags": ["x"], "steps": [step("a")]}))

    assert everything() == before


def test_a_spindle_is_its_organisations_own(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)

    refused(cast.stranger.client.get(address(spindle)), 404, "not_found")
    refused(cast.stranger.client.patch(address(spindle), {"name": "B"}), 404, "not_found")
    refused(cast.editor.client.get(address(UNKNOWN)), 404, "not_found")
    refused(cast.viewer.client.patch(address(spindle), {"name": "B"}), 403, "permission_denied")
    answered(cast.viewer.client.get(address(spindle)))


def test_permissions_are_the_owners_to_change(cast: Cast) -> None:
    spindle = make_spindle(cast.owner)
    executors = {"permissions": {"executors": [str(cast.viewer.user.pk)]}}

    refused(cast.editor.client.patch(address(spindle), executors), 403, "permission_denied")
    answered(cast.owner.client.patch(address(spindle), executors))
    assert event_types(cast.owner, spindle) == ["WorkflowCreated", "WorkflowPermissionsChanged"]
    stranger = {"permissions": {"executors": [str(cast.stranger.user.pk)]}}
    response = cast.owner.client.patch(address(spindle), stranger)
    assert faults(response) == [("/permissions/executors/0", "not_a_member")]


def test_one_key_creates_one_spindle(cast: Cast) -> None:
    client = cast.editor.client
    made = [
        answered(client.post(SPINDLES, {"name": "A"}, headers={"Idempotency-Key": "k"}), 201)["id"]
        for _ in range(2)
    ]

    assert made[0] == made[1]


def test_a_known_state_is_answered_without_a_body(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)
    response = cast.editor.client.get(address(spindle), headers={"If-None-Match": '"1"'})

    assert (response.status_code, response.content) == (304, b"")
