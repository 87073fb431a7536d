"""Access keys: shown once, hashed, narrowed by scopes, ended by expiry, revocation, departure."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import AccessKey, Organization
from accounts.services import remove_member
from accounts.tenancy import scope, system_scope
from config.models import IdempotencyKey
from tests.accounts.conftest import (
    KEYS,
    ME,
    MEMBERSHIPS,
    ORGANIZATIONS,
    bearer,
    errors,
    make_key,
    refusal,
)
from tests.factories import Cast, Person

BODY = {"name": "robot", "scopes": ["sops:read"]}
DEAD = (401, "authentication_failed")


def _only() -> AccessKey:
    with system_scope():
        return AccessKey.objects.get()


def _count() -> int:
    with system_scope():
        return AccessKey.objects.count()


def _update(**values: Any) -> None:
    with system_scope():
        assert AccessKey.objects.update(**values) == 1


def test_a_new_key_is_shown_once(cast: Cast) -> None:
    client = cast.editor.client

    answer = client.post(KEYS, {**BODY, "expires_in_days": 30})

    assert answer.status_code == 201
    body = answer.json()
    secret = body.pop("key")
    assert secret.startswith("nl_")
    assert len(secret) == 46
    assert (body["prefix"], body["name"]) == (secret[:8], "robot")
    assert (body["scopes"], body["rate_limit"]) == (["sops:read"], 60)
    assert body["last_used_at"] is None
    left = _only().expires_at - timezone.now()  # type: ignore[operator]  # 30 days were asked for
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    listed = client.get(KEYS).json()["results"]
    assert listed == [body] == [client.get(f"{KEYS}{body['id']}/").json()]


def test_only_the_hash_is_kept(cast: Cast) -> None:
    secret = cast.editor.client.post(KEYS, BODY).json()["key"]

    with system_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(k)::text FROM access_keys k")
        row = cursor.fetchone()

    assert row is not None
    assert secret not in row[0]
    assert secret[8:] not in row[0]
    assert hashlib.sha256(secret.encode()).hexdigest() in row[0]


def test_a_repeated_request_makes_a_second_key_and_keeps_no_answer(cast: Cast) -> None:
    headers = {"Idempotency-Key": "same"}

    first, second = (cast.editor.client.post(KEYS, BODY, headers=headers) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["key"] != second.json()["key"]
    with system_scope():
        assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "blank"),
        ({"name": "x" * 101}, "/name", "max_length"),
        ({"scopes": []}, "/scopes", "min_length"),
        ({"scopes": ["sops"]}, "/scopes/0", "invalid_scope"),
        ({"scopes": ["sops:read", "*:delete"]}, "/scopes/1", "invalid_scope"),
        ({"scopes": "sops:read"}, "/scopes", "invalid"),
        ({"expires_in_days": 0}, "/expires_in_days", "min_value"),
        ({"expires_in_days": 3651}, "/expires_in_days", "max_value"),
        ({"rate_limit": 0}, "/rate_limit", "min_value"),
        ({"admin": True}, "/admin", "unknown_field"),
    ],
)
def test_a_malformed_key_names_the_field_and_makes_nothing(
    cast: Cast, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = cast.editor.client.post(KEYS, {**BODY, **change})

    assert refusal(answer) == (400, "validation_error")
    assert errors(answer) == [(pointer, code)]
    assert _count() == 0


def test_server_owned_fields_are_ignored(cast: Cast, db: None) -> None:
    sent = {**BODY, "prefix": "nl_admin", "last_used_at": "2020-01-01T00:00:00Z"}

    body = cast.viewer.client.post(KEYS, sent).json()

    assert body["prefix"] != "nl_admin"
    assert body["last_used_at"] is None


def test_a_key_acts_as_its_owner_narrowed_by_scopes(cast: Cast) -> None:
    robot = bearer(make_key(cast.owner, "memberships:read", "organizations:write"))
    home = f"{ORGANIZATIONS}{cast.organization.pk}/"

    assert robot.get(MEMBERSHIPS).status_code == 200
    assert robot.patch(home, {"name": "By robot"}).status_code == 200
    assert refusal(robot.get(home)) == (403, "insufficient_scope")
    assert refusal(robot.get(KEYS)) == (403, "insufficient_scope")


def test_a_lacking_scope_changes_nothing(cast: Cast) -> None:
    robot = bearer(make_key(cast.owner, "*:read", "memberships:write"))

    answer = robot.patch(f"{ORGANIZATIONS}{cast.organization.pk}/", {"name": "Forged"})

    assert refusal(answer) == (403, "insufficient_scope")
    assert answer.json()["detail"] == "The access key lacks the scope organizations:write."
    with system_scope():
        name = Organization.objects.get(pk=cast.organization.pk).name
    assert name == cast.organization.name


def test_scopes_add_nothing_to_the_owners_role(cast: Cast) -> None:
    robot = bearer(make_key(cast.viewer, "*:read", "*:write"))

    answer = robot.patch(f"{ORGANIZATIONS}{cast.organization.pk}/", {"name": "Forged"})

    assert refusal(answer) == (403, "permission_denied")


@pytest.mark.parametrize("scopes", [["access-keys:read"], ["*:write", "*:read"]])
def test_keys_make_no_keys(cast: Cast, scopes: list[str]) -> None:
    robot = bearer(make_key(cast.owner, *scopes))

    answer = robot.post(KEYS, BODY)

    code = "permission_denied" if "*:write" in scopes else "insufficient_scope"
    assert refusal(answer) == (403, code)
    assert _count() == 1


def test_a_key_of_staff_creates_no_organisation(cast: Cast) -> None:
    cast.owner.user.is_staff = True
    cast.owner.user.save()
    robot = bearer(make_key(cast.owner, "*:write"))

    answer = robot.post(ORGANIZATIONS, {"name": "New", "slug": "new"})

    assert refusal(answer) == (403, "permission_denied")


def test_expired_revoked_and_unknown_keys_look_alike(cast: Cast) -> None:
    expired = make_key(cast.editor, expires_in_days=1)
    _update(expires_at=timezone.now() - timedelta(seconds=1))
    revoked = make_key(cast.admin)
    with system_scope():
        AccessKey.objects.filter(user=cast.admin.user).update(revoked_at=timezone.now())
    answers = [bearer(key).get(ME) for key in (expired, revoked, "nl_unknown", "nl_", "nl_ü")]

    assert [refusal(answer) for answer in answers] == [DEAD] * 5
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="nodeloom"'}


def test_revoking_ends_a_key_at_once_and_hides_it(cast: Cast) -> None:
    robot = bearer(make_key(cast.editor, "auth:read"))
    assert robot.get(ME).status_code == 200
    url = f"{KEYS}{_only().pk}/"

    assert cast.editor.client.delete(url).status_code == 204

    assert refusal(robot.get(ME)) == DEAD
    assert refusal(cast.editor.client.delete(url)) == (404, "not_found")
    assert cast.editor.client.get(KEYS).json()["count"] == 0


@pytest.mark.parametrize("how", ["removed", "disabled"])
def test_a_key_dies_with_its_owners_membership_or_account(cast: Cast, how: str) -> None:
    robot = bearer(make_key(cast.editor, "auth:read"))
    assert robot.get(ME).status_code == 200

    if how == "removed":
        with scope(cast.owner.actor):
            remove_member(actor=cast.owner.actor, membership=_membership(cast.editor))
        assert _count() == 0
    else:
        cast.editor.user.is_active = False
        cast.editor.user.save()

    assert refusal(robot.get(ME)) == DEAD


def test_a_key_outliving_its_owners_membership_opens_nothing(cast: Cast) -> None:
    robot = bearer(make_key(cast.editor, "auth:read"))

    with system_scope():
        _membership(cast.editor).delete()

    assert _count() == 1
    assert refusal(robot.get(ME)) == DEAD


def test_members_see_their_own_keys_and_administrators_all(cast: Cast) -> None:
    for person in (cast.viewer, cast.editor, cast.stranger):
        make_key(person)

    def seen(person: Person) -> int:
        count: int = person.client.get(KEYS).json()["count"]
        return count

    assert [seen(p) for p in (cast.viewer, cast.editor, cast.admin, cast.owner)] == [1, 1, 2, 2]
    assert seen(cast.stranger) == 1


def test_others_revoke_no_key_but_administrators_do(cast: Cast) -> None:
    make_key(cast.viewer)
    url = f"{KEYS}{_only().pk}/"

    for person in (cast.editor, cast.stranger):
        assert refusal(person.client.get(url)) == (404, "not_found")
        assert refusal(person.client.delete(url)) == (404, "not_found")
    assert _only().revoked_at is None
    assert cast.admin.client.delete(url).status_code == 204
    assert _only().revoked_at is not None


def test_the_last_use_is_noted_once_a_minute(cast: Cast) -> None:
    robot = bearer(make_key(cast.editor, "auth:read"))

    robot.get(ME)
    first = _only().last_used_at
    robot.get(ME)

    assert first is not None
    assert timezone.now() - first < timedelta(minutes=1)
    assert _only().last_used_at == first
    long_ago = timezone.now() - timedelta(minutes=2)
    _update(last_used_at=long_ago)
    robot.get(ME)
    assert _only().last_used_at > long_ago  # type: ignore[operator]  # set the line before


def test_a_key_is_limited_by_its_own_rate_a_minute(cast: Cast) -> None:
    slow = bearer(make_key(cast.editor, "auth:read", rate_limit=2))
    quick = bearer(make_key(cast.editor, "auth:read", rate_limit=500))

    answers = [slow.get(ME) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[2]) == (429, "rate_limited")
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert quick.get(ME)["RateLimit-Limit"] == "500"
    assert cast.editor.client.get(ME)["RateLimit-Limit"] == "6000"


def test_the_rate_of_keys_can_be_switched_off(cast: Cast, settings: Settings) -> None:
    settings.RATES = {**project.RATES, "access_key": "0"}
    robot = bearer(make_key(cast.editor, "auth:read", rate_limit=1))

    assert [robot.get(ME).status_code for _ in range(3)] == [200] * 3


def _membership(person: Person) -> Any:
    return person.user.memberships.get(organization=person.organization)
