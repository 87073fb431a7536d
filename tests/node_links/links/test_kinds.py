"""Types of link: the platform's own, and an organisation's."""

from typing import Any

import pytest
from django.db import connections

from accounts.tenancy import scope, system_scope
from node_links.choices import DEFAULT_LINK_TYPES
from node_links.models import AuditLog, NodeLinkType
from tests.factories import Cast
from tests.node_links.links.conftest import LINKS, TYPES, body, codes, joined, node_at, sop_at


def make(cast: Cast, name: str = "replaces", **values: Any) -> Any:
    return cast.admin.client.post(TYPES, {"type_name": name, **values}, format="json")


def test_the_platforms_types_say_how_a_change_travels(cast: Cast) -> None:
    found = cast.viewer.client.get(TYPES).json()
    assert found["count"] == 8
    told = {kind["type_name"]: (kind["change_travels"], kind["is_bidirectional"], kind["color"],
                                kind["icon"]) for kind in found["results"]}  # fmt: skip
    assert told == {
        "references": ("target_to_source", True, "#3B82F6", "link"),
        "implements": ("target_to_source", False, "#10B981", "check-circle"),
        "documents": ("target_to_source", False, "#F59E0B", "file-text"),
        "supports": ("source_to_target", False, "#8B5CF6", "shield"),
        "nested": ("target_to_source", False, "#EF4444", "layers"),
        "triggers": ("both", False, "#EC4899", "zap"),
        "consumes": ("target_to_source", False, "#06B6D4", "download"),
        "produces": ("source_to_target", False, "#84CC16", "upload"),
    }
    assert {kind["is_platform"] for kind in found["results"]} == {True}


def test_a_type_of_ones_own(cast: Cast) -> None:
    answer = make(cast, color="#0ea5e9", icon="replace", is_bidirectional=True,
                  change_travels="both", description="Newer for older")  # fmt: skip
    assert answer.status_code == 201
    kind = answer.json()
    assert kind["type_name"] == "replaces"
    assert (kind["is_platform"], kind["allowed_pairs"], kind["revision"]) == (False, [], 1)
    assert cast.viewer.client.get(f"{TYPES}{kind['id']}/").json() == kind
    assert make(cast, "plain").json()["change_travels"] == "target_to_source"
    assert cast.viewer.client.get(f"{TYPES}?search=newer").json()["count"] == 1
    assert cast.viewer.client.get(f"{TYPES}?change_travels=both").json()["count"] == 2
    with scope(cast.admin.actor):
        [row] = AuditLog.objects.filter(record_id=kind["id"])
    assert row.operation == "INSERT"


@pytest.mark.parametrize("name", ["references", "replaces"])
def test_a_name_is_taken_once(cast: Cast, name: str) -> None:
    assert make(cast).status_code == 201
    answer = make(cast, name)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert codes(answer) == [("/type_name", "duplicate")]
    assert cast.viewer.client.get(TYPES).json()["count"] == 9


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [({"type_name": "Two words"}, "/type_name", "invalid"),
     ({"type_name": "x" * 51}, "/type_name", "max_length"),
     ({"color": "red"}, "/color", "invalid"),
     ({"color": "#12345"}, "/color", "invalid"),
     ({"change_travels": "sideways"}, "/change_travels", "invalid_choice"),
     ({"allowed_pairs": [["spindle"]]}, "/allowed_pairs/0", "min_length"),
     ({"allowed_pairs": [["spindle", "wiki"]]}, "/allowed_pairs/0/1", "invalid_choice")],
)  # fmt: skip
def test_wrong_values_are_refused(
    cast: Cast, values: dict[str, Any], pointer: str, code: str
) -> None:
    answer = cast.admin.client.post(TYPES, {"type_name": "fine", **values}, format="json")
    assert (answer.status_code, codes(answer)) == (400, [(pointer, code)])


def test_the_platforms_types_stay_as_they_are(cast: Cast) -> None:
    with system_scope():
        kind = NodeLinkType.objects.get(type_name="references")
    address = f"{TYPES}{kind.pk}/"
    assert cast.owner.client.patch(address, {"color": "#000000"}, format="json").status_code == 403
    assert cast.owner.client.delete(address).status_code == 403
    with system_scope():
        assert NodeLinkType.objects.get(pk=kind.pk).color == "#3B82F6"


def test_administrators_alone_write_types(cast: Cast) -> None:
    kind = make(cast).json()
    address = f"{TYPES}{kind['id']}/"
    for person in (cast.editor, cast.viewer):
        assert person.client.post(TYPES, {"type_name": "x"}, format="json").status_code == 403
        assert person.client.patch(address, {"icon": "x"}, format="json").status_code == 403
        assert person.client.delete(address).status_code == 403
    assert cast.viewer.client.get(address).json() == kind


def test_another_organisation_has_its_own(cast: Cast) -> None:
    kind = make(cast).json()
    stranger = cast.stranger.client
    assert stranger.get(f"{TYPES}{kind['id']}/").status_code == 404
    assert stranger.delete(f"{TYPES}{kind['id']}/").status_code == 404
    assert stranger.get(TYPES).json()["count"] == 8
    assert stranger.post(TYPES, {"type_name": "replaces"}, format="json").status_code == 201
    theirs = node_at(cast.stranger, "spindle"), node_at(cast.stranger, "spindle")
    assert make(cast, "ours").status_code == 201
    answer = stranger.post(LINKS, body(*theirs, "ours"), format="json")
    assert (answer.status_code, codes(answer)) == (400, [("/link_type", "invalid_choice")])


def test_a_type_is_changed_but_not_renamed(cast: Cast) -> None:
    address = f"{TYPES}{make(cast).json()['id']}/"
    client = cast.admin.client
    renamed = client.patch(address, {"type_name": "other"}, format="json")
    assert (renamed.status_code, codes(renamed)) == (400, [("/type_name", "immutable")])
    changed = client.patch(address, {"icon": "star", "type_name": "replaces"}, format="json")
    assert (changed.json()["icon"], changed["ETag"]) == ("star", '"2"')
    same = client.patch(address, {"icon": "star"}, format="json")
    assert same["ETag"] == '"2"'
    stale = client.patch(address, {"icon": "x"}, format="json", headers={"If-Match": '"1"'})
    assert stale.status_code == 412


def test_a_type_that_links_have_is_kept(cast: Cast) -> None:
    kind = make(cast).json()
    source, target = node_at(cast.editor, "spindle"), node_at(cast.editor, "spindle")
    link = joined(cast.editor, source, target, "replaces")
    refused = cast.admin.client.delete(f"{TYPES}{kind['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert cast.editor.client.delete(f"{LINKS}{link.pk}/").status_code == 204
    assert cast.admin.client.delete(f"{TYPES}{kind['id']}/").status_code == 204
    assert cast.admin.client.delete(f"{TYPES}{kind['id']}/").status_code == 404


def test_an_own_type_joins_its_pairs_only(cast: Cast) -> None:
    sop, other = sop_at(cast.editor, "One"), sop_at(cast.editor, "Two")
    spindle = node_at(cast.editor, "spindle")
    make(cast, "anywhere", color="#123456", icon="star")
    make(cast, "repairs", allowed_pairs=[["spindle", "knowledge-base"]])
    client = cast.editor.client

    made = client.post(LINKS, body(spindle, sop, "anywhere"), format="json").json()
    assert (made["color"], made["icon"]) == ("#123456", "star")
    for ends in ((sop, spindle), (spindle, sop)):
        assert client.post(LINKS, body(*ends, "repairs"), format="json").status_code == 201
    refused = client.post(LINKS, body(sop, other, "repairs"), format="json")
    assert codes(refused) == [("/link_type", "incompatible_link_type")]


@pytest.mark.django_db(databases=["default", "owner"])
def test_an_upgrade_fills_in_how_changes_travel() -> None:
    from importlib import import_module

    fill = import_module("node_links.migrations.0012_link_types_and_revisions").FILL
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.role', 'operator', true)")
        cursor.execute("DELETE FROM node_link_types")
        names = [kind.name for kind in DEFAULT_LINK_TYPES]
        cursor.execute(
            "INSERT INTO node_link_types (type_id, type_name, is_bidirectional, created_at)"
            " SELECT gen_random_uuid(), name, false, now() FROM unnest(%s::text[]) AS name",
            [names],
        )
        cursor.execute("SELECT set_config('app.role', '', true)")
        cursor.execute(fill)
        cursor.execute("SELECT set_config('app.role', 'operator', true)")
        cursor.execute("SELECT type_name, change_travels FROM node_link_types")
        assert dict(cursor.fetchall()) == {
            kind.name: kind.change_travels.value for kind in DEFAULT_LINK_TYPES
        }
