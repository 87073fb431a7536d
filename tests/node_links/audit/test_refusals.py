"""Refused sensitive acts are on record, although the request that asked for them left nothing."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError
from pytest import MonkeyPatch

from accounts.models import Membership
from accounts.services import create_access_key
from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from node_links.api import refusals
from node_links.models import AuditLog
from tests.factories import Cast, Person, make_sop
from tests.node_links.audit.conftest import LOGS, trail

SOPS = "/api/v1/sops/"
REFUSED = 403


def refused() -> list[AuditLog]:
    """Return the refusals on record, the oldest first."""
    return trail(event_type="ActRefused")


def only() -> dict[str, Any]:
    """Return what the one refusal on record says."""
    [row] = refused()
    return {
        "table": row.table_name,
        "row": row.record_id,
        "who": row.changed_by_id,
        "entity": row.model_id,
        **(row.event_data or {}),
    }


@pytest.fixture
def sop(cast: Cast) -> Sop:
    """Return an SOP of the editor's."""
    return make_sop(cast.editor)


@pytest.mark.django_db(transaction=True)
def test_a_refusal_stays_although_its_request_is_rolled_back(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    answer = cast.viewer.client.delete(f"{SOPS}{sop.pk}/")

    assert answer.status_code == REFUSED
    assert only() == {
        "table": "knowledge_base_sops",
        "row": str(sop.pk),
        "who": cast.viewer.user.pk,
        "entity": sop.pk,
        "action": "delete",
        "code": "permission_denied",
        "reason": "You may not administer this.",
        "outcome": "refused",
    }
    [row] = refused()
    assert (row.operation, row.request_id) == ("ACCESS", answer["X-Request-ID"])
    assert row.organization_id == cast.organization.pk
    with system_scope():
        assert Sop.objects.filter(pk=sop.pk).exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "act"),
    [
        ("post", "publish/", {}, "publish"),
        ("get", "history/", None, "read_audit_trail"),
        ("patch", "", {"permissions": {"editors": []}}, "change_permissions"),
        ("put", "", {"permissions": {}}, "change_permissions"),
        ("delete", "?cleanup_links=true", None, "delete"),
    ],
)
def test_acts_on_an_entity(
    cast: Cast, sop: Sop, method: str, path: str, body: Any, act: str
) -> None:
    answer = getattr(cast.viewer.client, method)(f"{SOPS}{sop.pk}/{path}", body)

    assert answer.status_code == REFUSED
    assert (only()["action"], only()["entity"]) == (act, sop.pk)


def test_an_editor_who_changes_permissions_is_on_record_with_what_was_asked_for(
    cast: Cast, sop: Sop
) -> None:
    other = make_sop(cast.owner)
    wanted = {"permissions": {"editors": [str(cast.editor.user.pk)]}}

    assert cast.editor.client.patch(f"{SOPS}{other.pk}/", wanted).status_code == REFUSED

    assert (only()["action"], only()["reason"]) == (
        "change_permissions",
        "You may not change the permissions of this.",
    )


def test_an_ordinary_edit_that_is_refused_is_not(cast: Cast, sop: Sop) -> None:
    client = cast.viewer.client

    assert client.patch(f"{SOPS}{sop.pk}/", {"title": "Mine"}).status_code == REFUSED
    assert client.post(SOPS, {"title": "Mine", "content": "x"}).status_code == REFUSED
    broken = client.patch(f"{SOPS}{sop.pk}/", "{", content_type="application/json")
    assert broken.status_code == REFUSED

    assert refused() == []


def test_what_is_allowed_or_not_there_is_no_refusal(cast: Cast, sop: Sop) -> None:
    assert cast.stranger.client.delete(f"{SOPS}{sop.pk}/").status_code == 404
    assert cast.admin.client.delete(f"{SOPS}{sop.pk}/").status_code == 204

    assert refused() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "table", "act"),
    [
        ("post", "events/replay/", {"from": "2026-01-01T00:00:00Z"}, "event_replays",
         "replay_events"),
        ("post", "dead-letters/discard/", {"reason": "x"}, "dead_letters", "discard_dead_letter"),
        ("post", "memberships/", {"email": "a@example.com", "role": "viewer"}, "memberships",
         "add_member"),
    ],
)  # fmt: skip
def test_acts_on_the_organisation(
    cast: Cast, method: str, path: str, body: Any, table: str, act: str
) -> None:
    answer = getattr(cast.editor.client, method)(f"/api/v1/{path}", body)

    assert answer.status_code == REFUSED
    assert (only()["table"], only()["action"], only()["row"], only()["entity"]) == (
        table, act, "", None
    )  # fmt: skip


def test_changing_an_owner_without_being_one(cast: Cast) -> None:
    membership = membership_of(cast.owner)
    url = f"/api/v1/memberships/{membership}/"

    assert cast.admin.client.patch(url, {"role": "viewer"}).status_code == REFUSED
    assert cast.admin.client.delete(url).status_code == REFUSED

    told = [(row.event_data or {})["action"] for row in refused()]
    assert told == ["change_role", "remove_member"]
    assert {row.record_id for row in refused()} == {str(membership)}


def membership_of(person: Person) -> UUID:
    """Return the id of a membership."""
    with system_scope():
        return Membership.objects.get(user=person.user, organization=person.organization).pk


def test_a_key_without_the_scope_is_refused_the_trail_on_record(cast: Cast) -> None:
    with scope(cast.admin.actor):
        _, secret = create_access_key(actor=cast.admin.actor, name="robot", scopes=["sops:read"])
    client = cast.admin.client
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    assert client.get(LOGS).status_code == REFUSED

    told = only()
    assert (told["action"], told["code"], told["who"]) == (
        "read_audit_trail", "insufficient_scope", cast.admin.user.pk
    )  # fmt: skip


def test_administrators_find_refusals_in_the_trail_of_the_entity(cast: Cast, sop: Sop) -> None:
    cast.viewer.client.delete(f"{SOPS}{sop.pk}/")

    shown = cast.admin.client.get(f"{SOPS}{sop.pk}/history/").json()["results"]

    assert shown[0]["event_type"] == "ActRefused"
    assert shown[0]["event_data"]["outcome"] == "refused"


def test_a_trail_that_cannot_be_written_leaves_the_refusal(
    cast: Cast, sop: Sop, monkeypatch: MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(refusals, "record_access", fail)

    assert cast.viewer.client.delete(f"{SOPS}{sop.pk}/").status_code == REFUSED

    assert refused() == []
